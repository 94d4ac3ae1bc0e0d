-- 個人番号らしい値。引数：なし
-- 一行のみ。列：others 番号のほかの列にあるもの、twelve 12 桁の番号、valid そのうち検査用数字が合うもの
SELECT
    count(*) FILTER (starts_with(fault::VARCHAR, 'MY_NUMBER')) AS others,
    count(*) FILTER (digits = 12) AS twelve,
    count(*) FILTER (digits = 12 AND is_my_number(try_cast(number AS BIGINT))) AS valid
FROM ordered
WHERE digits = 12 OR fault IS NOT NULL
