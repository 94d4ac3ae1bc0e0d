-- ファイルの記号の綴りと、登録簿の記号。登録簿にない綴りのうち、個人番号らしいものは、そう言う。
-- 引数：$symbols 綴り、$registered 登録簿の記号の番号（なければ NULL）、$faults 誤り、$blanks 両端から落とす空白
-- 一行＝一つの綴り。列：symbol、registered、fault
CREATE TEMP TABLE spelling AS
SELECT symbol, registered,
    CASE WHEN fault = 'UNKNOWN_KIGO symbol' AND first_my_number([folded(symbol, $blanks)]) > 0 THEN 'MY_NUMBER symbol'
    ELSE fault END::fault AS fault
FROM (
    SELECT unnest($symbols::VARCHAR[]) AS symbol, unnest($registered::INTEGER[]) AS registered,
        unnest($faults::VARCHAR[]) AS fault
)
