-- plain でない行だけを抜き出す。引数：なし。一行＝plain でない一つの物理行。列：line 行番号、texts 項目ごとの文字（一覧の順）
-- 表に移すのは速さのため。まばらな行のまま odd.sql の式にかけると、数行ずつの計算になる。
create temp table odd_line as
select (rowid + 1)::integer as line, string_split(text, chr(31)) as texts from staged where not plain
