-- 勧奨のいる全ての人。引数 $month。控える人は person がすでに除いている。
-- 一行＝一人。事業所、世帯（記号と、数としての番号）、枝番の順。列は事業所・記号・番号・枝番・本人か・本人／家族・行うこと。
select employer_id, symbol, number, branch, insured, if(insured, '本人', '家族') as member_kind, action
from person
where month = $month and action in ('link', 'renew', 'renew_then_link')
order by employer_id, symbol, coalesce(try_cast(number_key as hugeint), 0), number, branch
