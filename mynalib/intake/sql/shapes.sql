-- 値の形。数字は 9、全角の数字は ９、英字は A、かなは ア、漢字は 漢、見えない文字などは ？ にする（年月日と令和はそのまま）。
-- 引数：$most 一つの項目で見せる形の数。一行＝項目×形。列：item、shape（空欄は ''、多すぎる分は 'ほか'）、rows 行
WITH long AS (
    UNPIVOT seen ON symbol, number, branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
    INTO NAME item VALUE value
),
shaped AS (
    SELECT item, count(*) AS rows,
        CASE WHEN length(value) > 40 THEN 'ほか' ELSE
            regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                value, '[0-9]', '9', 'g'), '[０-９]', '９', 'g'), '[A-Za-z]', 'A', 'g'), '[\p{Hiragana}\p{Katakana}ー]', 'ア', 'g'),
                '[^年月日令和元\P{Han}]', '漢', 'g'), '[^9９Aア漢年月日令和元 -~]', '？', 'g')
        END AS shape
    FROM long
    GROUP BY ALL
),
ranked AS (
    SELECT item, shape, sum(rows) AS rows, row_number() OVER (PARTITION BY item ORDER BY sum(rows) DESC, shape) AS place
    FROM shaped
    GROUP BY item, shape
)
SELECT item, if(place > $most, 'ほか', shape) AS shape, sum(rows)::BIGINT AS rows
FROM ranked
GROUP BY ALL
ORDER BY item, rows DESC, shape
