-- 隔離した行を書く。値は書かない（元のファイルにある）。
-- 引数：$path 書き先
-- 一行＝隔離した一行。列：line 行番号、reason 理由、column 項目（列によらない理由では NULL）
COPY (
    SELECT line, split_part(fault::VARCHAR, ' ', 1) AS reason, nullif(split_part(fault::VARCHAR, ' ', 2), '') AS "column"
    FROM quarantined
    ORDER BY line
) TO $path (FORMAT parquet, COMPRESSION zstd)
