-- 読めた行。引数：なし。一行のみ。列：read 行、symbols 記号の種類、wide 半角の英数字だけではない行
SELECT count(*) AS read, count(DISTINCT symbol) AS symbols,
    count(*) FILTER (strlen(concat(symbol, number)) <> length(concat(symbol, number))) AS wide
FROM seen
