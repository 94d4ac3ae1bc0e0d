-- 登録簿。引数：$entries 行の番号、$symbols 記号の番号、$places 並べる順、$number_from・$number_to 番号の範囲（両端を含む）
-- 一行＝登録簿の一行。列：entry、symbol、place、number_from、number_to
create temp table entry as
select unnest($entries::integer[]) as entry, unnest($symbols::integer[]) as symbol, unnest($places::integer[]) as place,
    unnest($number_from::hugeint[]) as number_from, unnest($number_to::hugeint[]) as number_to
