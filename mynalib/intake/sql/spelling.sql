-- ファイルの記号の綴りと、登録簿の記号。引数：$symbols 綴り、$registered 登録簿の記号の番号（なければ NULL）、$faults 誤り
-- 一行＝一つの綴り。列：symbol、registered、fault
CREATE TEMP TABLE spelling AS
SELECT unnest($symbols::VARCHAR[]) AS symbol, unnest($registered::INTEGER[]) AS registered,
    unnest($faults::VARCHAR[])::fault AS fault
