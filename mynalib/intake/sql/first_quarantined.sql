-- 隔離した最初の行たち。引数：$shown 行の数。一行＝一行。列：line、reason、column
SELECT line, split_part(fault::VARCHAR, ' ', 1) AS reason, nullif(split_part(fault::VARCHAR, ' ', 2), '') AS "column"
FROM quarantined
ORDER BY line
LIMIT $shown
