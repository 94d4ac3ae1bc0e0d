-- 同じ人の行を隔離に加える。中身が同じなら先の行を残し、食い違えば一つも残さない。
-- 引数：なし（ordered から作り、quarantined に足す）。一行＝隔離する一行。列：line 行番号、fault
-- 例：一人に、中身の同じ行 3 と 7 があれば、3 を残して 7 を隔離する。行 9 に違う中身もあれば、3、7、9 の全てを隔離する
insert into quarantined
with twice as (
    select distinct place, number, branch from neighbour
),
twin as (
    select line, place, number, branch,
        row(state, registered_on, cancelled_on, cancel_kind, certificate_flag) as facts
    from ordered
    semi join twice using (place, number, branch)
),
verdict as (
    select place, number, branch, min(line) as first, count(distinct facts) > 1 as contradictory
    from twin
    group by all
)
select line, 'DUPLICATE_KEY'::fault as fault
from twin
join verdict using (place, number, branch)
where contradictory or line <> first
