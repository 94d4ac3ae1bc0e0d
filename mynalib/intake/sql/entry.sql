-- 登録簿。引数：$entries 行の番号、$symbols 記号の番号、$places 並べる順、$number_from・$number_to 番号の範囲（両端を含む）
-- 一行＝登録簿の一行。列：entry、symbol、place、number_from、number_to
CREATE TEMP TABLE entry AS
SELECT unnest($entries::INTEGER[]) AS entry, unnest($symbols::INTEGER[]) AS symbol, unnest($places::INTEGER[]) AS place,
    unnest($number_from::HUGEINT[]) AS number_from, unnest($number_to::HUGEINT[]) AS number_to
