-- ありうる日。引数：$first・$last 両端を含む日付。一行＝一日。列：number YYYYMMDD の数、day DATE
CREATE TEMP TABLE calendar AS
SELECT strftime(day, '%Y%m%d')::INTEGER AS number, day::DATE AS day
FROM range($first::TIMESTAMP, $last::TIMESTAMP + INTERVAL 1 DAY, INTERVAL 1 DAY) AS days(day)
