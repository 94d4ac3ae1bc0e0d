-- 窓の中にもうある、全ての表の名（道具の内部のものと、DuckDB のものも）。一行＝一つの名（小文字）。列 name。
select lower(table_name) as name from duckdb_tables()
union
select lower(view_name) from duckdb_views();
