-- 前の月からいままでに、その事業所に加わったか、去ったか、登録の状態を変えた人。
-- 引数 $befores（前の月の並び。「2026-09」の形）、$after、$dependants（家族も数えるか）。
-- succession: 記号の引きつぎ（replaying.succession_table）。記号の変わっただけの人は、去っても、加わってもいない。
-- 一行＝前の月×事業所。before は前の月、people は人数。ある事業所から別の事業所へ移った人は、どちらでも数える。
with followed_symbol as (
    select m.month, m.symbol_key, m.number_key, m.branch, min(u.symbol_to) as symbol_now
    from member m
    join succession u
        on u.symbol_from = m.symbol_key
        and coalesce(try_cast(m.number_key as hugeint), 0) between u.number_from and u.number_to
        and m.month < u.first and u.last <= $after
    where list_contains($befores, m.month)
    group by m.month, m.symbol_key, m.number_key, m.branch
    -- 二つの記号が一つになり、同じ番号の人が二人いた月では、結ばない
    qualify count(*) over (partition by m.month, min(u.symbol_to), m.number_key, m.branch) = 1
),
same as (
    from followed_symbol f
    anti join member m
        on m.month = f.month and m.symbol_key = f.symbol_now and m.number_key = f.number_key and m.branch = f.branch
),
earlier as (
    select
        month as before, employer_id, coalesce(symbol_now, symbol_key) as symbol_key, number_key, branch, state
    from person
    left join same using (month, symbol_key, number_key, branch)
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
