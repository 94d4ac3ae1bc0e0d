-- 全ての事業所の勧奨リスト。引数 $month, $dependants（家族も載せるか）。
-- 一行＝一人。事業所の順。列は事業所・記号・番号・枝番・本人／家族・行うこと。控える人は person がすでに除いている。
select employer_id, symbol, number, branch, if(insured, '本人', '家族') as member_kind, action
from person
where month = $month
    and action in ('link', 'renew', 'renew_then_link')
    and (insured or $dependants)
order by employer_id, action, symbol, number_key, branch
