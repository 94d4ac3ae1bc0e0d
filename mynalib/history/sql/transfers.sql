-- 事業所の間で移ったのかもしれない人。引数 $before, $after（「2026-09」の形）。一行だけ。列 people（人）。
-- 一方の月にだけいる人のうち、枝番も登録日も解除日も同じ（登録日がある）、別の事業所の人どうしの組が、いくつまで作れるか。
-- だれとだれかは決めず、同じ人だとも言わない。同じ日に登録した別の人どうしも、入りうる。
-- 例：E01 から 3 人が去り、E01 に 1 人、E02 に 1 人が加わったなら、別の事業所どうしの組は 1 つ。
with one_month as (
    from person
    where month in ($before, $after) and registered_on is not null
    qualify count(*) over (partition by symbol_key, number_key, branch) = 1
),
by_employer as (
    select
        employer_id, branch, registered_on, cancelled_on,
        count(*) filter (month = $before) as leavers,
        count(*) filter (month = $after) as joiners
    from one_month
    group by all
),
pairs as (
    -- 別の事業所どうしでしか組めない。去った人と加わった人の合計から、いちばん多い事業所の分を引いたものより、組は多くならない
    select least(sum(leavers), sum(joiners), sum(leavers) + sum(joiners) - max(leavers + joiners)) as people
    from by_employer
    group by branch, registered_on, cancelled_on
)
select coalesce(sum(people), 0)::bigint as people from pairs
