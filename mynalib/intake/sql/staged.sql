-- 一行ずつ読み、値の形を確かめて、型のある表にする。記号と日付の中身は、次の ordered.sql が確かめる。
-- 引数：$path 直した行のファイル、$columns 列の名と型、$delimiter 区切り、$mark 印の行の記号、$blanks 両端から落とす空白、
--       $pattern 日付の形（三つの組が年・月・日）、$epoch 年に足す数
-- 一行＝一つの物理行。rowid + 1 が行番号（preserve_insertion_order による。印の行が自分の行番号を持ち、後で照らす）。
-- 列：symbol 元のまま、number 数、digits 番号の桁数、branch、short_branch 枝番が一桁か、state、
--     registered_on・cancelled_on YYYYMMDD の数（空欄は NULL）、cancel_kind、certificate_flag、fault 誤り（なければ NULL）
CREATE TEMP TABLE staged AS
WITH line AS (
    FROM read_csv(
        $path, columns = $columns, delim = $delimiter, header = false, quote = '', escape = '', nullstr = chr(2),
        null_padding = true, auto_detect = false, new_line = '\n'
    )
),
-- ほとんどの行は、半角の数字だけの正しい形をしている。そうでない行だけを、項目ごとに丁寧に読む。
shaped AS (
    SELECT *,
        regexp_full_match(number, '[0-9]{1,20}') AND regexp_full_match(branch, '[0-9]{2}') AND state IN ('0', '1')
        AND regexp_full_match(registered_on, '([0-9]{8})?') AND regexp_full_match(cancelled_on, '([0-9]{8})?')
        AND cancel_kind IN ('', '1', '2', '3') AND certificate_flag IN ('', '0', '1')
        AND coalesce(spare, '') = '' AS plain
    FROM line
),
folded AS (
    SELECT plain, symbol,
        CASE WHEN plain THEN number ELSE folded(number, $blanks) END AS number,
        CASE WHEN plain THEN branch ELSE folded(branch, $blanks) END AS branch,
        CASE WHEN plain THEN state ELSE folded(state, $blanks) END AS state,
        CASE WHEN plain THEN registered_on ELSE dated(folded(registered_on, $blanks), $pattern, $epoch) END AS registered_on,
        CASE WHEN plain THEN cancelled_on ELSE dated(folded(cancelled_on, $blanks), $pattern, $epoch) END AS cancelled_on,
        CASE WHEN plain THEN cancel_kind ELSE folded(cancel_kind, $blanks) END AS cancel_kind,
        CASE WHEN plain THEN certificate_flag ELSE folded(certificate_flag, $blanks) END AS certificate_flag,
        CASE WHEN plain THEN '' ELSE trim(coalesce(spare, ''), $blanks) END AS spare
    FROM shaped
)
-- nullif は速さのため。空の値の try_cast は、失敗の文面を作るので遅い。
SELECT symbol,
    try_cast(nullif(number, '') AS HUGEINT) AS number,
    least(strlen(number), 99)::UTINYINT AS digits,
    try_cast(nullif(branch, '') AS UTINYINT) AS branch,
    strlen(branch) = 1 AS short_branch,
    try_cast(nullif(state, '') AS TINYINT) AS state,
    try_cast(nullif(registered_on, '') AS INTEGER) AS registered_on,
    try_cast(nullif(cancelled_on, '') AS INTEGER) AS cancelled_on,
    try_cast(nullif(cancel_kind, '') AS TINYINT) AS cancel_kind,
    try_cast(nullif(certificate_flag, '') AS TINYINT) AS certificate_flag,
    CASE
        WHEN plain THEN NULL
        WHEN symbol = $mark THEN branch::fault
        WHEN (symbol || number || branch || state || registered_on || cancelled_on || cancel_kind || certificate_flag) IS NULL
            THEN 'COLUMN_COUNT'::fault
        WHEN spare <> '' THEN 'COLUMN_COUNT'::fault
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
