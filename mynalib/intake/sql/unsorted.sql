-- 並びの検算。引数：なし。一行のみ。列：unsorted 次の行の方が前に来るべき行
SELECT count(*) AS unsorted
FROM neighbour
WHERE (next_place, next_number, next_branch, next_line) < (place, number, branch, line)
