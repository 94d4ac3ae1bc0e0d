-- 見出しかもしれない行：項目の名らしい値が二つ以上ある。
-- 引数：$words 項目の名にある字（正規表現）。一行＝一つの物理行。列：line 行番号、cells 八項目の値（一覧の順）
select line, cells
from (
    select line, [symbol, number, branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag] as cells from seen
)
where len(list_filter(cells, lambda value: regexp_matches(value, $words))) >= 2
order by line
