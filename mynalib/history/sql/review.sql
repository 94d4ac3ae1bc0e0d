-- 要確認の人。引数なし（開いた月の全て）。一行＝人×月。
-- 列 employer_id, symbol, number, symbol_key, number_key, branch, member_kind 本人／家族, line 元ファイルの行, status,
-- withheld_by 控える理由（食い違いの記憶なら kept_back。なければ NULL）
select employer_id, symbol, number, symbol_key, number_key, branch, if(insured, '本人', '家族') as member_kind, line, status, withheld_by
from person
where action = 'review'
order by line
