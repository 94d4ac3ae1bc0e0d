-- 受け入れた行を、人の順のまま書く。番号は元の桁数に戻し、枝番は二桁にする。
-- 引数：$path 書き先、$symbols 記号（place の順）
-- 一行＝一人。列：line, symbol, number, branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
copy (
    select line, ($symbols::varchar[])[place + 1] as symbol, lpad(number::varchar, digits, '0') as number,
        lpad(branch::varchar, 2, '0') as branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
    from ordered
) to $path (format parquet, compression zstd)
