-- ファイルを型のある表にする。ほとんどの行（plain）は半角の数字だけの正しい形で、その値はここで決まる。
-- そうでない行は文字のまま残し、odd.sql が項目ごとに丁寧に読む。記号と日付の中身は ordered.sql が確かめる。
-- 引数：$path 直した行のファイル、$columns 列の名と型、$delimiter 区切り
-- 一行＝一つの物理行。rowid + 1 が行番号（preserve_insertion_order による。印の行が自分の行番号を持ち、misplaced.sql で照らす）。
-- 列：plain、text plain なら記号、でなければ全部の値を chr(31) でつないだもの、
--     number 数、digits 番号の桁数、branch、state、registered_on・cancelled_on YYYYMMDD の数（空欄は NULL）、
--     cancel_kind、certificate_flag。plain でない行の値は使わない。
create temp table staged as
with line as (
    -- 空欄（''）と、ない列（NULL）を分けるため、NULL と読む字を、ありえない chr(2) にする。制御文字のある行は、写しでは印の行になっている
    from read_csv(
        $path, columns = $columns, delim = $delimiter, header = false, quote = '', escape = '', nullstr = chr(2),
        null_padding = true, auto_detect = false, new_line = '\n'
    )
),
shaped as (
    select *,
        coalesce(
            regexp_full_match(number, '[0-9]{1,20}') and regexp_full_match(branch, '[0-9]{2}') and state in ('0', '1')
            and regexp_full_match(registered_on, '([0-9]{8})?') and regexp_full_match(cancelled_on, '([0-9]{8})?')
            and cancel_kind in ('', '1', '2', '3') and certificate_flag in ('', '0', '1')
            and symbol is not null and coalesce(spare, '') = '',
            false
        ) as plain
    from line
)
-- nullif は速さのため。空の値の try_cast は、失敗の文面を作るので遅い。
select plain,
    case
        when plain then symbol
        else symbol || chr(31) || number || chr(31) || branch || chr(31) || state || chr(31) || registered_on || chr(31)
            || cancelled_on || chr(31) || cancel_kind || chr(31) || certificate_flag || chr(31) || coalesce(spare, '')
    end as text,
    try_cast(nullif(number, '') as hugeint) as number,
    least(strlen(number), 99)::utinyint as digits,
    try_cast(nullif(branch, '') as utinyint) as branch,
    try_cast(nullif(state, '') as tinyint) as state,
    try_cast(nullif(registered_on, '') as integer) as registered_on,
    try_cast(nullif(cancelled_on, '') as integer) as cancelled_on,
    try_cast(nullif(cancel_kind, '') as tinyint) as cancel_kind,
    try_cast(nullif(certificate_flag, '') as tinyint) as certificate_flag
from shaped
