-- 名簿の行（asked: absent.sql と同じ形）の人が、いなくなった回数。引数なし。一行＝名簿の行。列 entry, absences。
-- 例：四月にいて五月にいない、六月に戻って七月にいない人は、二回
with held as (
    select month, lead(month) over (order by month) as next_month
    from (select distinct month from month_file)
),
here as (
    select distinct a.entry, m.month
    from member m
    join asked a using (symbol_key, number_key, branch)
)
select h.entry, count(*) as absences
from here h
join held using (month)
left join here n on n.entry = h.entry and n.month = held.next_month
-- おわりの月には、次の月がない
where held.next_month is not null and n.month is null
group by h.entry
order by h.entry
