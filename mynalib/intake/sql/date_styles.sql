-- 日付の書き方ごとに、八桁にできる値の数。引数：$styles 書き方。一行＝一つでも読めた書き方。
-- 列：style、values 値、first・last いちばん早い年と遅い年（日は、だれかのものかもしれない）
WITH day AS (
    SELECT registered_on AS value FROM seen WHERE given(registered_on) = '○'
    UNION ALL
    SELECT cancelled_on FROM seen WHERE given(cancelled_on) = '○'
),
read AS (
    SELECT style, CASE style
        WHEN 'YYYYMMDD' THEN value WHEN 'YYYY-MM-DD' THEN dated(value, 'YYYY-MM-DD')
        WHEN 'YYYY/MM/DD' THEN dated(value, 'YYYY/MM/DD') ELSE dated(value, 'wareki') END AS digits,
        value
    FROM day
    CROSS JOIN unnest($styles::VARCHAR[]) AS styles(style)
)
SELECT style, count(*) FILTER (good) AS values, min(digits[:4]) FILTER (good) AS first, max(digits[:4]) FILTER (good) AS last
FROM (
    SELECT *, regexp_full_match(digits, '20[0-9]{6}') AND try_strptime(digits, '%Y%m%d') IS NOT NULL
        AND (digits <> value OR style = 'YYYYMMDD') AS good
    FROM read
)
GROUP BY style
HAVING count(*) FILTER (good) > 0
ORDER BY values DESC, list_position($styles::VARCHAR[], style)
