-- 同じ人の行を隔離に加える。中身が同じなら先の行を残し、食い違えば一つも残さない。
-- 引数：なし（ordered から作り、quarantined に足す）。一行＝隔離する一行。列：line 行番号、fault
INSERT INTO quarantined
WITH twice AS (
    SELECT DISTINCT place, number, branch FROM neighbour
),
twin AS (
    SELECT line, place, number, branch,
        row(state, registered_on, cancelled_on, cancel_kind, certificate_flag) AS facts
    FROM ordered
    SEMI JOIN twice USING (place, number, branch)
),
verdict AS (
    SELECT place, number, branch, min(line) AS first, count(DISTINCT facts) > 1 AS contradictory
    FROM twin
    GROUP BY ALL
)
SELECT line, 'DUPLICATE_KEY'::fault AS fault
FROM twin
JOIN verdict USING (place, number, branch)
WHERE contradictory OR line <> first
