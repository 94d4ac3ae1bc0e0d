-- plain でない行を、項目ごとに丁寧に読む。
-- 引数：$mark 印の行の記号、$blanks 両端から落とす空白、$style 日付の書き方
-- 一行＝plain でない一つの物理行。列：line 行番号、symbol 元のまま、number、digits、branch、short_branch 枝番が一桁か、
--     state、registered_on・cancelled_on YYYYMMDD の数、cancel_kind、certificate_flag、fault 誤り（なければ NULL）
CREATE TEMP TABLE odd AS
WITH folded AS (
    SELECT line, texts[1] AS symbol,
        folded(texts[2], $blanks) AS number, folded(texts[3], $blanks) AS branch, folded(texts[4], $blanks) AS state,
        dated(folded(texts[5], $blanks), $style) AS registered_on,
        dated(folded(texts[6], $blanks), $style) AS cancelled_on,
        folded(texts[7], $blanks) AS cancel_kind, folded(texts[8], $blanks) AS certificate_flag,
        folded(texts[9], $blanks) AS spare
    FROM odd_line
)
SELECT line, symbol,
    try_cast(number AS HUGEINT) AS number,
    least(strlen(number), 99)::UTINYINT AS digits,
    try_cast(branch AS UTINYINT) AS branch,
    strlen(branch) = 1 AS short_branch,
    try_cast(state AS TINYINT) AS state,
    try_cast(registered_on AS INTEGER) AS registered_on,
    try_cast(cancelled_on AS INTEGER) AS cancelled_on,
    try_cast(cancel_kind AS TINYINT) AS cancel_kind,
    try_cast(certificate_flag AS TINYINT) AS certificate_flag,
    CASE
        WHEN symbol = $mark THEN try_cast(branch AS fault)
        WHEN symbol IS NULL OR spare <> '' THEN 'COLUMN_COUNT'::fault
        WHEN number || branch || state || registered_on || cancelled_on || cancel_kind || certificate_flag = ''
            AND trim(symbol, $blanks) = '' THEN 'SKIP'::fault
        ELSE coalesce(
            bad_text(number, 'number'), bad_text(branch, 'branch'), bad_text(state, 'state'),
            bad_text(registered_on, 'registered_on'), bad_text(cancelled_on, 'cancelled_on'),
            bad_text(cancel_kind, 'cancel_kind'), bad_text(certificate_flag, 'certificate_flag'),
            -- 番号の列は見ない。12 桁の番号はありうるので、my_numbers.sql が全体を見て決める
            [
                NULL, 'MY_NUMBER branch', 'MY_NUMBER state', 'MY_NUMBER registered_on', 'MY_NUMBER cancelled_on',
                'MY_NUMBER cancel_kind', 'MY_NUMBER certificate_flag'
            ][1 + first_my_number([branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag])]::fault,
            CASE
                WHEN number = '' THEN 'MISSING_KEY number'
                WHEN branch = '' THEN 'MISSING_KEY branch'
                WHEN NOT regexp_full_match(number, '[0-9]{1,20}') THEN 'BAD_KEY number'
                WHEN NOT regexp_full_match(branch, '[0-9]{1,2}') THEN 'BAD_KEY branch'
                WHEN state NOT IN ('0', '1') THEN 'BAD_CODE state'
                WHEN cancel_kind NOT IN ('', '1', '2', '3') THEN 'BAD_CODE cancel_kind'
                WHEN certificate_flag NOT IN ('', '0', '1') THEN 'BAD_CODE certificate_flag'
                WHEN NOT regexp_full_match(registered_on, '([0-9]{8})?') THEN 'BAD_DATE registered_on'
                WHEN NOT regexp_full_match(cancelled_on, '([0-9]{8})?') THEN 'BAD_DATE cancelled_on'
            END::fault
        )
    END AS fault
FROM folded
