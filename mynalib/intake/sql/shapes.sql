-- 値の形。数字は 9、全角の数字は ９、英字は A、かなは ア、漢字は 漢、見えない文字などは ？ にする（令和で書いた日付の、年月日などはそのまま）。
-- 引数：$most 一つの項目で見せる形の数。一行＝項目×形。列：item、shape（空欄は ''、多すぎる分は 'ほか'）、rows 行
WITH long AS (
    UNPIVOT seen ON symbol, number, branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
    INTO NAME item VALUE value
),
lettered AS (
    SELECT item, regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        value, '[0-9]', '9', 'g'), '[０-９]', '９', 'g'), '[A-Za-z]', 'A', 'g'), '[\p{Hiragana}\p{Katakana}ー]', 'ア', 'g') AS value
    FROM long
),
shaped AS (
    SELECT item, count(*) AS rows, CASE
        WHEN length(value) > 40 THEN 'ほか'
        WHEN item LIKE '%_on' AND regexp_full_match(value, '(令和|A)?([9９]+|元)年[9９]+月[9９]+日') THEN value
        ELSE regexp_replace(regexp_replace(value, '\p{Han}', '漢', 'g'), '[^9９Aア漢 -~]', '？', 'g')
        END AS shape
    FROM lettered
    GROUP BY item, shape
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY item ORDER BY rows DESC, shape) AS place
    FROM shaped
)
SELECT item, if(place > $most, 'ほか', shape) AS shape, sum(rows)::BIGINT AS rows
FROM ranked
GROUP BY ALL
ORDER BY item, rows DESC, shape
