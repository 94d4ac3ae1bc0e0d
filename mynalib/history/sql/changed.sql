-- 二つの月の間に、その事業所に加わったか、去ったか、登録の状態を変えた人。引数 $before, $after（「2026-09」の形）、$dependants（家族も数えるか）。
-- 一行＝事業所。people は人数。ある事業所から別の事業所へ移った人は、どちらでも数える。
with b as (from person where month = $before and (insured or $dependants)),
a as (from person where month = $after and (insured or $dependants))
select employer_id, count(*) as people
from (
    select b.employer_id
    from b
    left join a using (symbol_key, number_key, branch)
    where a.employer_id is distinct from b.employer_id or a.state <> b.state
    union all
    select a.employer_id
    from a
    left join b using (symbol_key, number_key, branch)
    where b.employer_id is distinct from a.employer_id
)
group by employer_id
