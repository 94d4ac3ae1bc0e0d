-- ありうる日。引数：$first・$last 両端を含む日付。一行＝一日。列：number YYYYMMDD の数、day DATE
create temp table calendar as
select strftime(day, '%Y%m%d')::integer as number, day::date as day
from range($first::timestamp, $last::timestamp + interval 1 day, interval 1 day) as days(day)
