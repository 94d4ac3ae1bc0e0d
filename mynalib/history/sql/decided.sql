-- 判断が、どの月の事実についてのもので、いつまで効くか。引数なし（decided: entry 判断の番号, symbol_key, number_key, branch, decided_on。
-- 記号が引きつがれた人では、一つの判断に鍵が二つ以上ある。loaded: month, loaded_on 今ある版を取り込んだ日。日付は、どちらも
-- 2026-10-31 の形の文字）。
-- 一行＝判断。since 判断した事実の月（判断日までに取り込んだ、その人のいる最後の月。無ければ ''）、
-- until その後、はじめて事実が変わった月（まだなら ''）。いない月は、事実の変わらない月とみなす。
-- 例：八月と九月の事実は同じで、十月に区分が変わった人への、十月二十日の判断（十月の月を取り込む前）は、since 2026-09、until 2026-10
with seen as (
    select
        d.entry, d.decided_on, m.month, l.loaded_on,
        {a: m.state, b: m.registered_on, c: m.cancelled_on, d: m.cancel_kind, e: m.certificate_flag} as facts
    from member m
    join decided d using (symbol_key, number_key, branch)
    left join loaded l using (month)
),
judged_on as (
    select entry, max(month) as since, arg_max(facts, month) as facts
    from seen
    where loaded_on <= decided_on
    group by all
)
select
    d.entry, coalesce(j.since, '') as since,
    coalesce(min(s.month) filter (s.month > j.since and s.facts is distinct from j.facts), '') as until
from (select distinct entry from decided) d
left join judged_on j using (entry)
left join seen s using (entry)
group by all
order by d.entry
