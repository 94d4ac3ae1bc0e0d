-- 事業所の担当者に見える、一人ひとりの月ごとの様子。引数 $months（月の並び。最後が、いま決める月）、$dependants（家族も渡すか）。
-- listed: 公開したリスト（month, symbol_key, number_key, branch, action）。最後の月は、控える前の区分から、載るとみなす。
-- 一行＝事業所×様子の並び。code は、月の番号を桁とする四進数（0 いない、1 リストに無い、2 未登録としてリストに、3 登録済としてリストに）、
-- unregistered は、リストに無い未登録の人がいる月の桁が 1。unseen は、リストに無いあいだに登録でなくなった（見えない解除の）人がいる
-- 月の桁が 1。people は人数。
with seen as (
    select
        p.employer_id, p.symbol_key, p.number_key, p.branch, p.state,
        (4 ** (list_position($months, p.month) - 1))::bigint as digit,
        if(p.month = $months[-1], p.action, l.action) as action
    from person p
    left join listed l using (month, symbol_key, number_key, branch)
    where list_contains($months, p.month) and (p.insured or $dependants)
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
