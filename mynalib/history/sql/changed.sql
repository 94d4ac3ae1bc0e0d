-- 前の月からいままでに、その事業所に加わったか、去ったか、登録の状態を変えた人。
-- 引数 $befores（前の月の並び。「2026-09」の形）、$after、$dependants（家族も数えるか）。
-- 記号の変わっただけの人は、去っても、加わってもいない（symbols_now）。
-- 一行＝前の月×事業所。before は前の月、people は人数。ある事業所から別の事業所へ移った人は、どちらでも数える。
with earlier as (
    select
        month as before, employer_id, coalesce(symbol_now, symbol_key) as symbol_key, number_key, branch, state
    from person
    left join symbols_now($after, $befores) using (month, symbol_key, number_key, branch)
    where list_contains($befores, month) and (insured or $dependants)
),
now as (
    select unnest($befores) as before, employer_id, symbol_key, number_key, branch, state
    from person
    where month = $after and (insured or $dependants)
)
select before, employer_id, count(*) as people
from (
    select before, unnest(list_distinct([earlier.employer_id, now.employer_id])) as employer_id
    -- 加わった人も去った人も要るので、両側を残す
    from earlier
    full join now using (before, symbol_key, number_key, branch)
    where earlier.employer_id is distinct from now.employer_id or earlier.state <> now.state
)
group by before, employer_id
