-- いなくなった人が、もとの鍵で戻ったら、gone の行を閉じる。引数 $month。
update memory
set until = $month
from known_now m
where memory.symbol_key = m.symbol_key and memory.number_key = m.number_key and memory.branch = m.branch
    and why = 'gone' and since < $month and (until = '' or until > $month)
