-- 登録簿と暦に照らし、人の順（記号、番号、枝番）に並べる。
-- 引数：なし（表 staged、spelling、entry、calendar から作る）
-- 一行＝一つのデータの行。列：line 行番号、entry 登録簿の行、place 記号の順位、number 数、digits、branch、short_branch、
--     state、registered_on・cancelled_on DATE、cancel_kind、certificate_flag、fault
CREATE TEMP TABLE ordered AS
SELECT (s.rowid + 1)::INTEGER AS line, e.entry, e.place, s.number, s.digits, s.branch, s.short_branch, s.state,
    r.day AS registered_on, c.day AS cancelled_on, s.cancel_kind, s.certificate_flag,
    coalesce(
        s.fault,
        CASE
            WHEN s.registered_on > 0 AND r.day IS NULL THEN 'BAD_DATE registered_on'
            WHEN s.cancelled_on > 0 AND c.day IS NULL THEN 'BAD_DATE cancelled_on'
        END::fault,
        p.fault,
        CASE WHEN e.entry IS NULL THEN 'UNKNOWN_KIGO symbol'::fault END
    ) AS fault
FROM staged s
LEFT JOIN spelling p ON p.symbol = s.symbol
LEFT JOIN entry e ON e.symbol = p.registered AND s.number BETWEEN e.number_from AND e.number_to
LEFT JOIN calendar r ON r.number = s.registered_on
LEFT JOIN calendar c ON c.number = s.cancelled_on
WHERE s.fault IS DISTINCT FROM 'SKIP'
ORDER BY place, s.number, s.branch, line
