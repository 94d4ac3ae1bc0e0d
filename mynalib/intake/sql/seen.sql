-- 形を調べるために、直した写しの値を文字のまま読む。印の行（誤りのある行、空の行）は除く。
-- 引数：$path 写し、$columns 列の名と型、$delimiter 区切り、$mark 印の行の記号、$blanks 両端から落とす空白
-- 一行＝一つのデータの行。列：line 行番号、八項目（空欄は ''）
CREATE TEMP TABLE seen AS
SELECT line, trim(symbol, $blanks) AS symbol, trim(number, $blanks) AS number, folded(branch, $blanks) AS branch,
    folded(state, $blanks) AS state, folded(registered_on, $blanks) AS registered_on,
    folded(cancelled_on, $blanks) AS cancelled_on, folded(cancel_kind, $blanks) AS cancel_kind,
    folded(certificate_flag, $blanks) AS certificate_flag
FROM (
    SELECT *, row_number() OVER () AS line
    FROM read_csv(
        $path, columns = $columns, delim = $delimiter, header = false, quote = '', escape = '', nullstr = chr(2),
        null_padding = true, auto_detect = false, new_line = '\n'
    )
)
WHERE symbol IS NOT NULL AND symbol <> $mark
    AND trim(concat(symbol, number, branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag), $blanks) <> ''
