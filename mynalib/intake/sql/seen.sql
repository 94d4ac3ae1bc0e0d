-- 形を調べるために、直した写しの値を文字のまま読む。印の行（誤りのある行、空の行）は除く。
-- 引数：$path 写し、$columns 列の名と型、$delimiter 区切り、$mark 印の行の記号、$blanks 両端から落とす空白
-- 一行＝一つのデータの行。列：line 行番号、八項目（空欄は ''）
create temp table seen as
select line, trim(symbol, $blanks) as symbol, trim(number, $blanks) as number, folded(branch, $blanks) as branch,
    folded(state, $blanks) as state, folded(registered_on, $blanks) as registered_on,
    folded(cancelled_on, $blanks) as cancelled_on, folded(cancel_kind, $blanks) as cancel_kind,
    folded(certificate_flag, $blanks) as certificate_flag
from (
    select *, row_number() over () as line
    from read_csv(
        $path, columns = $columns, delim = $delimiter, header = false, quote = '', escape = '', nullstr = chr(2),
        null_padding = true, auto_detect = false, new_line = '\n'
    )
)
where symbol is not null and symbol <> $mark
    and trim(concat(symbol, number, branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag), $blanks) <> ''
