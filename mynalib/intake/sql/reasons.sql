-- 隔離の理由ごとの数。引数：なし。一行＝一つの理由。列：reason、rows 行
SELECT split_part(fault::VARCHAR, ' ', 1) AS reason, count(*) AS rows FROM quarantined GROUP BY reason ORDER BY reason
