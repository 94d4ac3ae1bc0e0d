-- どの人にも当てはまらない名簿の行（asked: entry 行の番号, symbol_key, number_key, branch。一行に鍵が二つあることもある）。引数なし。
-- 一行＝名簿の行。列 entry。
select a.entry
from asked a
-- 一行に鍵が二つあれば、どちらか一つが当てはまればよい
left join member m using (symbol_key, number_key, branch)
group by a.entry
having count(m.line) = 0
order by a.entry
