-- ある月に加わった人の、その後の登録。引数 $before その前の月, $month 加わった月, $last 見届ける終わりの月。
-- 加わった人：その月にいて、前の月にいない。一行だけ。列（人）：people 加わった人, unregistered そのとき未登録の人,
-- registered_later そのうち、次の月から $last までに登録済になった人。
with newcomer as (
    from person where month = $month
), later as (
    select distinct symbol_key, number_key, branch
    from person
    where month > $month and month <= $last and state = 1
)
select
    count(*) as people,
    count(*) filter (n.state = 0) as unregistered,
    count(*) filter (n.state = 0 and l.branch is not null) as registered_later
from (
    from newcomer
    -- 番号の変わった人も、加わった人に見える（結ばない）
    anti join (from person where month = $before) using (symbol_key, number_key, branch)
) n
left join later l using (symbol_key, number_key, branch)
