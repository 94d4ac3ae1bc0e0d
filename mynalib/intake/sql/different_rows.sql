-- 二つの表の、どちらかにしかない行。引数：$one・$other 同じ列の Parquet。一行のみ。列：rows 行
-- except all は、同じ行の数も比べる（except だけでは、二行が一行になっても、同じになる）
select (select count(*) from (from read_parquet($one) except all from read_parquet($other)))
    + (select count(*) from (from read_parquet($other) except all from read_parquet($one))) as rows
