-- 並びの検算。引数：なし。一行のみ。列：unsorted 前に来るべき行
select count(*) filter (unsorted) as unsorted from neighbour
