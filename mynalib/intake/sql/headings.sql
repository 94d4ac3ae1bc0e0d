-- 見出しかもしれない行：誤りがあって、項目の名らしい値が二つ以上ある。
-- 引数：$words 項目の名にある字（正規表現）。一行＝一つの物理行。列：line 行番号、cells 八項目の値（一覧の順）
select line, texts[1:8] as cells
from odd_line
semi join (select line from odd where fault <> 'SKIP') faulty using (line)
where len(list_filter(texts, lambda value: regexp_matches(value, $words))) >= 2
order by line
