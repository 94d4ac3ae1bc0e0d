-- 要確認の人。引数なし（開いた月の全て）。一行＝人×月。
-- 列 symbol_key, number_key, branch, line 元ファイルの行, status, withheld_by 控える理由（食い違いの記憶なら kept_back。なければ NULL）
select symbol_key, number_key, branch, line, status, withheld_by
from person
where action = 'review'
order by line
