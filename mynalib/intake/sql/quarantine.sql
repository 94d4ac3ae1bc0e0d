-- 隔離した行を書く。値は書かない（元のファイルにある）。
-- 引数：$path 書き先
-- 一行＝隔離した一行。列：line 行番号、reason 理由、column 項目（列によらない理由では NULL）
copy (
    select line, split_part(fault::varchar, ' ', 1) as reason, nullif(split_part(fault::varchar, ' ', 2), '') as "column"
    from quarantined
    order by line
) to $path (format parquet, compression zstd)
