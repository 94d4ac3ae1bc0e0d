-- 行番号の検算。引数：$mark 印の行の記号。一行のみ。列：lines 物理行、misplaced 印の行のうち、行番号がずれたもの
select (select count(*) from staged) as lines, count(*) filter (symbol = $mark and number is distinct from line) as misplaced
from odd
