-- 尋ねた人（asked、番号の鍵 number_key と枝番 branch がある）のうち、どれかの月に、番号と枝番の同じ人がいるもの。
-- 記号は変わることがあるので、見ない。引数なし。一行＝asked の一行、列も asked のまま。
select asked.*
from asked
semi join member using (number_key, branch)
