-- 日付の書き方ごとに、八桁にできる値の数。引数：$styles 書き方。一行＝一つでも読めた書き方。
-- 列：style、values 値、first・last いちばん早い年と遅い年（日は、だれかのものかもしれない）
with day as (
    select registered_on as value from seen where given(registered_on) = '○'
    union all
    select cancelled_on from seen where given(cancelled_on) = '○'
),
read as (
    select style, case style
        when 'YYYYMMDD' then value when 'YYYY-MM-DD' then dated(value, 'YYYY-MM-DD')
        when 'YYYY/MM/DD' then dated(value, 'YYYY/MM/DD') else dated(value, 'wareki') end as digits,
        value
    from day
    cross join unnest($styles::varchar[]) as styles(style)
)
select style, count(*) filter (good) as values, min(digits[:4]) filter (good) as first, max(digits[:4]) filter (good) as last
from (
    -- dated は、形が違えば元のまま返す。だから、変わったものだけを、その書き方とみる
    select *, regexp_full_match(digits, '20[0-9]{6}') and try_strptime(digits, '%Y%m%d') is not null
        and (digits <> value or style = 'YYYYMMDD') as good
    from read
)
group by style
having count(*) filter (good) > 0
order by values desc, list_position($styles::varchar[], style)
