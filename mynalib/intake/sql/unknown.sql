-- 登録簿にない記号ごとの行。記号そのものは出さない（ずれた列の、人の値かもしれない）。
-- 引数：$shown 見せる行の数。一行＝一つの記号。列：rows 行、lines はじめの行番号
WITH spelled AS (
    SELECT (rowid + 1)::INTEGER AS line, text AS symbol FROM staged WHERE plain
    UNION ALL
    SELECT line, symbol FROM odd
)
SELECT count(*) AS rows, (list(line ORDER BY line))[:$shown] AS lines
FROM spelled
SEMI JOIN (SELECT line FROM quarantined WHERE starts_with(fault::VARCHAR, 'UNKNOWN_KIGO')) q USING (line)
GROUP BY symbol
ORDER BY min(line)
