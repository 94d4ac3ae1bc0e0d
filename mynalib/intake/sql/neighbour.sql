-- 前の行より後ろに来ない行。ordered は人の順に並んでいるので、同じ人の行は必ず隣にあり、あるのは同じ人の行だけのはず。
-- 引数：なし。一行＝前の行の人より後でない一行。列：place、number、branch、unsorted 前の行の人より前の人か（並びの検算）
CREATE TEMP TABLE neighbour AS
SELECT b.place, b.number, b.branch, (b.place, b.number, b.branch) <> (a.place, a.number, a.branch) AS unsorted
FROM (SELECT place, number, branch FROM ordered) a
POSITIONAL JOIN (SELECT place, number, branch FROM ordered OFFSET 1) b
WHERE b.place < a.place
    OR (b.place = a.place AND (b.number < a.number OR (b.number = a.number AND b.branch <= a.branch)))
