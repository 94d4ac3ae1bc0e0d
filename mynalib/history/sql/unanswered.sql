-- 最後の月にいない名簿の行（asked: absent.sql と同じ形）と、疑わしい人。引数なし。
-- 一行＝名簿の行×疑わしい人（いなければ一行だけで、since 以下は ''）。last_seen 最後にいた月（なければ ''）、
-- since 疑わしい人が、はじめて同じ枝番と日付で現れた月、symbol_key, number_key, branch その人の鍵。
-- 例：九月が最後の人と、枝番も日付も同じ三人がいる。八月からいる人は別の人、九月か十月にはじめて現れた人は、疑わしい人
with seen as (
    select
        a.entry, max(m.month) as last_seen,
        arg_max({branch: m.branch, registered_on: m.registered_on, cancelled_on: m.cancelled_on}, m.month) as facts
    from member m
    join asked a using (symbol_key, number_key, branch)
    group by all
),
look_alike as (
    select g.entry, g.last_seen, m.symbol_key, m.number_key, m.branch, min(m.month) as since
    from member m
    join seen g
        on m.branch = g.facts.branch and m.month > g.last_seen
        and m.registered_on is not distinct from g.facts.registered_on
        and m.cancelled_on is not distinct from g.facts.cancelled_on
    group by all
),
known as (  -- 最後にいた月より前から、同じときにいた人は、別の人。同じ月にはじめて現れた人は、分からない
    select s.entry, symbol_key, number_key, branch
    from look_alike s
    join member m using (symbol_key, number_key, branch)
    group by all
    having bool_or(m.month = s.last_seen)
        and (min(m.month) < any_value(s.last_seen) or any_value(s.last_seen) = (select min(month) from month_file))
),
suspect as (
    from look_alike
    anti join known using (entry, symbol_key, number_key, branch)
)
select
    a.entry, coalesce(n.last_seen, '') as last_seen, coalesce(s.since, '') as since,
    coalesce(s.symbol_key, '') as symbol_key, coalesce(s.number_key, '') as number_key, coalesce(s.branch, '') as branch
from (select distinct entry from asked) a
left join seen n using (entry)
left join suspect s using (entry)
order by all
