-- 行番号の検算。引数：$mark 印の行の記号。一行のみ。列：lines 物理行、misplaced 印の行のうち、行番号がずれたもの
SELECT (SELECT count(*) FROM staged) AS lines, count(*) FILTER (symbol = $mark AND number IS DISTINCT FROM line) AS misplaced
FROM odd
