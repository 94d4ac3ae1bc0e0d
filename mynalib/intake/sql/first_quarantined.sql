-- 隔離した最初の行たち。引数：$shown 行の数。一行＝一行。列：line、reason、column
select line, split_part(fault::varchar, ' ', 1) as reason, nullif(split_part(fault::varchar, ' ', 2), '') as "column"
from quarantined
order by line
limit $shown
