-- 記号の引きつがれた人の、いまの記号。put_successions が作る。
-- 引数：last_month いまの月（「2026-10」の形。それまでに済んだ引きつぎだけを見る）、wanted 尋ねる月の並び。
-- succession: 記号の引きつぎ（replaying.succession_table）。事業所の担当者は、記号の変わった人も、番号から同じ人と知っている。
-- 一行＝月×人。symbol_now は、いまの記号。引きつぎのない組合では、一行もない。
-- 例：記号が十月に 101 から 151 に変わった 101-7-00 の人の、九月の行は (2026-09, 101, 7, 00, 151)
create macro symbols_now(last_month, wanted) as table
with followed_symbol as (
    select m.month, m.symbol_key, m.number_key, m.branch, min(u.symbol_to) as symbol_now
    from member m
    join succession u
        on u.symbol_from = m.symbol_key
        and coalesce(try_cast(m.number_key as hugeint), 0) between u.number_from and u.number_to
        and m.month < u.first and u.last <= last_month
    where list_contains(wanted, m.month)
    group by m.month, m.symbol_key, m.number_key, m.branch
    -- 二つの記号が一つになり、同じ番号の人が二人いた月では、どちらとも結ばない
    qualify count(*) over (partition by m.month, min(u.symbol_to), m.number_key, m.branch) = 1
)
from followed_symbol f
anti join member m
    on m.month = f.month and m.symbol_key = f.symbol_now and m.number_key = f.number_key and m.branch = f.branch
