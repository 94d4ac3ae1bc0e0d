-- 全ての事業所の勧奨リストに載る人。引数 $month, $dependants（家族も載せるか）。
-- 一行＝一人。列は事業所・記号・番号・枝番。控える人は person がすでに除いている。
select employer_id, symbol, number, branch
from person
where month = $month and action in ('link', 'renew', 'renew_then_link') and (insured or $dependants)
order by employer_id, symbol, number_key, branch
