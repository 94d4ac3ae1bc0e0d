-- 人の、その月の原本の行（asked: at 問いの番号, month, symbol_key, number_key, branch。一つの問いに鍵が二つあることもある）。引数なし。
-- 一行＝問い（見つかったもの）。列 at, line。
select a.at, min(m.line) as line
from member m
join asked a using (month, symbol_key, number_key, branch)
group by a.at
order by a.at
