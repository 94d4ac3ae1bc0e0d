-- 事業所の担当者に見える、一人ひとりの様子。引数 $dependants（家族も渡すか）、$month（いまの月。「2026-10」の形）。
-- 記号の変わった人も、同じ人として並べる（symbols_now）。担当者は、番号から同じ人と知っている。
-- sighting: 見せたもの（step, month）。step は 0 からの番号で、月と版の順（訂正した月は、二つある）。最後が、いま決めるもの。
-- listed: 公開したリスト（step, symbol_key, number_key, branch, action）。いま決めるものは、控える前の区分から、載るとみなす。
-- 一行＝事業所×様子の並び。code は、step を桁とする四進数（0 いない、1 リストに無い、2 未登録としてリストに、3 登録済としてリストに）、
-- unregistered は、リストに無い未登録の人がいる桁が 1。unseen は、リストに無いあいだに登録でなくなった（見えない解除の）人がいる
-- 桁が 1。people は人数。
-- 例：八月は未登録としてリストに、九月は登録済でリストに無く、十月は未登録でリストに無い人の letter は 2、1、1。
-- code は 2×1 + 1×4 + 1×16 = 22、十月は登録でなくなったのが見えないので、unregistered と unseen は 16
with seen as (
    select
        p.employer_id, coalesce(same.symbol_now, p.symbol_key) as symbol_key, p.number_key, p.branch, p.state,
        (4 ** s.step)::bigint as digit,
        if(s.step = (select max(step) from sighting), p.action, l.action) as action
    from person p
    join sighting s using (month)
    left join listed l
        on l.step = s.step and l.symbol_key = p.symbol_key and l.number_key = p.number_key and l.branch = p.branch
    left join symbols_now($month, (select list(month) from sighting)) same
        on same.month = p.month and same.symbol_key = p.symbol_key and same.number_key = p.number_key and same.branch = p.branch
    where p.insured or $dependants
),
lettered as (
    select
        * exclude (action),
        case when action = 'renew' then 3 when action in ('link', 'renew_then_link') then 2 else 1 end as letter
    from seen
),
followed as (
    select
        *,
        lag(digit) over person as before, lag(letter) over person as letter_before, lag(state) over person as state_before
    from lettered
    window person as (partition by employer_id, symbol_key, number_key, branch order by digit)
),
path as (
    select
        employer_id, symbol_key, number_key, branch,
        sum(letter * digit)::bigint as code,
        coalesce(sum(digit) filter (letter = 1 and state = 0), 0)::bigint as unregistered,
        coalesce(sum(digit) filter (
            before * 4 = digit and letter = 1 and letter_before <> 2 and state = 0 and state_before = 1
        ), 0)::bigint as unseen
    from followed
    group by all
)
select employer_id, code, count(*) as people, bit_or(unregistered) as unregistered, bit_or(unseen) as unseen
from path
group by employer_id, code
