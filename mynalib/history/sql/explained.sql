-- 一人の、全ての月の事実と、決まったこと。引数なし。asked: その人の鍵（symbol_key, number_key, branch。記号の引きつぎの前と後も）。
-- 一行＝月。列 month, line 元ファイルの行, employer_id, status, action, withheld_by（なければ NULL）。
select p.month, p.line, p.employer_id, p.status, p.action, p.withheld_by
from person p
semi join asked using (symbol_key, number_key, branch)
order by p.month, p.line
