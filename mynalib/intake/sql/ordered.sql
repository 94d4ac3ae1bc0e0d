-- 登録簿と暦に照らし、人の順（記号、番号、枝番）に並べる。
-- 引数：なし（staged、odd、spelling、entry、calendar から作る）
-- 一行＝一つのデータの行。列：line 行番号、entry 登録簿の行、place 記号の順位、number 数、digits、branch、short_branch、
--     state、registered_on・cancelled_on DATE、cancel_kind、certificate_flag、fault
CREATE TEMP TABLE ordered AS
WITH data AS (
    SELECT (rowid + 1)::INTEGER AS line, text AS symbol, number, digits, branch, false AS short_branch, state,
        registered_on, cancelled_on, cancel_kind, certificate_flag, NULL::fault AS fault
    FROM staged
    WHERE plain
    UNION ALL
    SELECT line, symbol, number, digits, branch, short_branch, state,
        registered_on, cancelled_on, cancel_kind, certificate_flag, fault
    FROM odd
    WHERE fault IS DISTINCT FROM 'SKIP'
)
SELECT d.line, e.entry, e.place, d.number, d.digits, d.branch, d.short_branch, d.state,
    r.day AS registered_on, c.day AS cancelled_on, d.cancel_kind, d.certificate_flag,
    coalesce(
        d.fault,
        CASE
            WHEN d.registered_on > 0 AND r.day IS NULL THEN 'BAD_DATE registered_on'
            WHEN d.cancelled_on > 0 AND c.day IS NULL THEN 'BAD_DATE cancelled_on'
        END::fault,
        p.fault,
        CASE WHEN e.entry IS NULL THEN 'UNKNOWN_KIGO symbol'::fault END
    ) AS fault
FROM data d
LEFT JOIN spelling p ON p.symbol = d.symbol
LEFT JOIN entry e ON e.symbol = p.registered AND d.number BETWEEN e.number_from AND e.number_to
LEFT JOIN calendar r ON r.number = d.registered_on
LEFT JOIN calendar c ON c.number = d.cancelled_on
ORDER BY place, d.number, d.branch, line
