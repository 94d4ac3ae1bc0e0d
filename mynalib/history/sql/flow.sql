-- 二つの月の間の動き。引数 $before, $after（「2026-09」の形）。
-- 一行＝前の区分×後の区分×前の事業所×後の事業所×本人か。month は後の月、いない側は ''。members は人数。
select
    $after as month,
    coalesce(b.status, '') as status_before,
    coalesce(a.status, '') as status_after,
    coalesce(b.employer_id, '') as employer_before,
    coalesce(a.employer_id, '') as employer_after,
    coalesce(a.insured, b.insured) as insured,
    count(*) as members
from (from person where month = $before) b
full join (from person where month = $after) a
    using (symbol_key, number_key, branch)
group by all
order by all
