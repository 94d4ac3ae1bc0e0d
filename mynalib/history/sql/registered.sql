-- 登録済になった人の memory の行を閉じる。引数 $month。
update memory
set until = $month
from (from member where month = $month and state = 1) m
where memory.symbol_key = m.symbol_key and memory.number_key = m.number_key and memory.branch = m.branch
    and since < $month and (until = '' or until > $month)
