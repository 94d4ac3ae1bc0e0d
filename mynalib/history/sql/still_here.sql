-- 尋ねた人（asked）のうち、どれかの月に、番号と枝番の同じ人がいるもの。記号は変わることがあるので、見ない。引数なし。一行＝一人。
select symbol_key, number_key, branch, action, attempt
from asked
semi join member using (number_key, branch)
