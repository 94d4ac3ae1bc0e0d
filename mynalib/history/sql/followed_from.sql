-- 記号が引きつがれた人の memory の、もとの鍵の行を閉じる（二）。引数 $month。
update memory
set until = $month
from succession s
where s.symbol_from = memory.symbol_key
    and coalesce(try_cast(memory.number_key as hugeint), 0) between s.number_from and s.number_to
    and until = '' and since < s.first and s.last <= $month
