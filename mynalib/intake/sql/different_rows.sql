-- 二つの表の、どちらかにしかない行。引数：$one・$other 同じ列の Parquet。一行のみ。列：rows 行
SELECT (SELECT count(*) FROM (FROM read_parquet($one) EXCEPT ALL FROM read_parquet($other)))
    + (SELECT count(*) FROM (FROM read_parquet($other) EXCEPT ALL FROM read_parquet($one))) AS rows
