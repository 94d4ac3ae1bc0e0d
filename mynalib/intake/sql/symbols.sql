-- ファイルにある記号の綴り。引数：$most これより多ければ打ち切る。一行＝一つの綴り。列：symbol
select distinct symbol
from (select text as symbol from staged where plain union all select symbol from odd where fault is null)
limit $most
