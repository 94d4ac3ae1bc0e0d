-- 登録簿にない記号ごとの行。記号そのものは出さない（ずれた列の、人の値かもしれない）。
-- 引数：$shown 見せる行の数。一行＝一つの記号。列：rows 行、lines はじめの行番号
with spelled as (
    select (rowid + 1)::integer as line, text as symbol from staged where plain
    union all
    select line, symbol from odd
)
select count(*) as rows, (list(line order by line))[:$shown] as lines
from spelled
semi join (select line from quarantined where starts_with(fault::varchar, 'UNKNOWN_KIGO')) q using (line)
group by symbol
order by min(line)
