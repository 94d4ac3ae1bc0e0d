-- 隣り合う二行。ordered は人の順に並んでいるので、同じ人の行は必ず隣にある。
-- 引数：なし。一行＝隣り合う二行（最後の行の相手は NULL）。列：place, number, branch, line と、その次の行の next_…
CREATE TEMP VIEW neighbour AS
SELECT a.place, a.number, a.branch, a.line, b.*
FROM ordered a
POSITIONAL JOIN (
    SELECT place AS next_place, number AS next_number, branch AS next_branch, line AS next_line FROM ordered OFFSET 1
) b
