-- ファイルにある記号の綴り。引数：$most これより多ければ打ち切る。一行＝一つの綴り。列：symbol
SELECT DISTINCT symbol
FROM (SELECT text AS symbol FROM staged WHERE plain UNION ALL SELECT symbol FROM odd WHERE fault IS NULL)
LIMIT $most
