-- plain でない行を、項目ごとに丁寧に読む。
-- 引数：$mark 印の行の記号、$blanks 両端から落とす空白、$style 日付の書き方
-- 一行＝plain でない一つの物理行。列：line 行番号、symbol 元のまま、number、digits、branch、short_branch 枝番が一桁か、
--     state、registered_on・cancelled_on YYYYMMDD の数、cancel_kind、certificate_flag、fault 誤り（なければ NULL）
create temp table odd as
with folded as (
    select line, texts[1] as symbol,
        folded(texts[2], $blanks) as number, folded(texts[3], $blanks) as branch, folded(texts[4], $blanks) as state,
        dated(folded(texts[5], $blanks), $style) as registered_on,
        dated(folded(texts[6], $blanks), $style) as cancelled_on,
        folded(texts[7], $blanks) as cancel_kind, folded(texts[8], $blanks) as certificate_flag,
        folded(texts[9], $blanks) as spare
    from odd_line
)
select line, symbol,
    try_cast(number as hugeint) as number,
    least(strlen(number), 99)::utinyint as digits,
    try_cast(branch as utinyint) as branch,
    strlen(branch) = 1 as short_branch,
    try_cast(state as tinyint) as state,
    try_cast(registered_on as integer) as registered_on,
    try_cast(cancelled_on as integer) as cancelled_on,
    try_cast(cancel_kind as tinyint) as cancel_kind,
    try_cast(certificate_flag as tinyint) as certificate_flag,
    case
        when symbol = $mark then try_cast(branch as fault)
        when symbol is null or spare <> '' then 'COLUMN_COUNT'::fault
        when number || branch || state || registered_on || cancelled_on || cancel_kind || certificate_flag = ''
            and trim(symbol, $blanks) = '' then 'SKIP'::fault
        else coalesce(
            bad_text(number, 'number'), bad_text(branch, 'branch'), bad_text(state, 'state'),
            bad_text(registered_on, 'registered_on'), bad_text(cancelled_on, 'cancelled_on'),
            bad_text(cancel_kind, 'cancel_kind'), bad_text(certificate_flag, 'certificate_flag'),
            -- 番号の列は見ない。12 桁の番号はありうるので、my_numbers.sql が全体を見て決める
            [
                null, 'MY_NUMBER branch', 'MY_NUMBER state', 'MY_NUMBER registered_on', 'MY_NUMBER cancelled_on',
                'MY_NUMBER cancel_kind', 'MY_NUMBER certificate_flag'
            ][1 + first_my_number([branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag])]::fault,
            case
                when number = '' then 'MISSING_KEY number'
                when branch = '' then 'MISSING_KEY branch'
                when not regexp_full_match(number, '[0-9]{1,20}') then 'BAD_KEY number'
                when not regexp_full_match(branch, '[0-9]{1,2}') then 'BAD_KEY branch'
                when state not in ('0', '1') then 'BAD_CODE state'
                when cancel_kind not in ('', '1', '2', '3') then 'BAD_CODE cancel_kind'
                when certificate_flag not in ('', '0', '1') then 'BAD_CODE certificate_flag'
                when not regexp_full_match(registered_on, '([0-9]{8})?') then 'BAD_DATE registered_on'
                when not regexp_full_match(cancelled_on, '([0-9]{8})?') then 'BAD_DATE cancelled_on'
            end::fault
        )
    end as fault
from folded
