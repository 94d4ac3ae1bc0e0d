-- 値の形。数字は 9、全角の数字は ９、英字は A、かなは ア、漢字は 漢、見えない文字などは ？ にする（令和で書いた日付の、年月日などはそのまま）。
-- 引数：$most 一つの項目で見せる形の数。一行＝項目×形。列：item、shape（空欄は ''、多すぎる分は 'ほか'）、rows 行
with long as (
    unpivot seen on symbol, number, branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
    into name item value value
),
lettered as (
    select item, regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        value, '[0-9]', '9', 'g'), '[０-９]', '９', 'g'), '[A-Za-z]', 'A', 'g'), '[\p{Hiragana}\p{Katakana}ー]', 'ア', 'g') as value
    from long
),
shaped as (
    select item, count(*) as rows, case
        when length(value) > 40 then 'ほか'
        when item like '%_on' and regexp_full_match(value, '(令和|A)?([9９]+|元)年[9９]+月[9９]+日') then value
        else regexp_replace(regexp_replace(value, '\p{Han}', '漢', 'g'), '[^9９Aア漢 -~]', '？', 'g')
        end as shape
    from lettered
    group by item, shape
),
ranked as (
    select *, row_number() over (partition by item order by rows desc, shape) as place
    from shaped
)
select item, if(place > $most, 'ほか', shape) as shape, sum(rows)::bigint as rows
from ranked
group by all
order by item, rows desc, shape
