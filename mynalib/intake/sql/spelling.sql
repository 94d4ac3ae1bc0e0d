-- ファイルの記号の綴りと、登録簿の記号。登録簿にない綴りのうち、個人番号らしいものは、そう言う。
-- 引数：$symbols 綴り、$registered 登録簿の記号の番号（なければ NULL）、$faults 誤り、$blanks 両端から落とす空白
-- 一行＝一つの綴り。列：symbol、registered、fault
create temp table spelling as
select symbol, registered,
    case when fault = 'UNKNOWN_KIGO symbol' and first_my_number([folded(symbol, $blanks)]) > 0 then 'MY_NUMBER symbol'
    else fault end::fault as fault
from (
    select unnest($symbols::varchar[]) as symbol, unnest($registered::integer[]) as registered,
        unnest($faults::varchar[]) as fault
)
