-- 読めた行。引数：なし。一行のみ。列：read 行、symbols 記号の種類、wide 半角の英数字だけではない行
select count(*) as read, count(distinct symbol) as symbols,
    count(*) filter (strlen(concat(symbol, number)) <> length(concat(symbol, number))) as wide
from seen
