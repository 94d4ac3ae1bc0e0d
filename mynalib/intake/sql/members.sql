-- 受け入れた行を、人の順のまま書く。番号は元の桁数に戻し、枝番は二桁にする。
-- 引数：$path 書き先、$symbols 記号（place の順）
-- 一行＝一人。列：line, symbol, number, branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
COPY (
    SELECT line, ($symbols::VARCHAR[])[place + 1] AS symbol, lpad(number::VARCHAR, digits, '0') AS number,
        lpad(branch::VARCHAR, 2, '0') AS branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
    FROM ordered
) TO $path (FORMAT parquet, COMPRESSION zstd)
