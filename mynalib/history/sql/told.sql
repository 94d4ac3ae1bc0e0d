-- 前のリストで知らせた人のうち、そのあと、したことがまだ見えない人。引数 $month（この月の鍵で返す）。
-- reminded: month, symbol_key, number_key, branch, kind。succession: 記号の引きつぎ（replaying.succession_table）。
-- 一行＝人×勧奨。列 symbol_key, number_key, branch, kind, told（知らせた月の数）, last（いちばん新しい、知らせた月）。
-- 知らせたあとのどれかの月に、❶ は登録されていれば、❷ は証明書が期限内なら、その前に知らせたことは数えない。
-- 例：記号が四月に 101 から 151 に変わった人に、三月（101）と五月（151）に知らせ、まだ登録がなければ、151 の行は told 2、last 2026-05
with followed as (
    select month, symbol_key as symbol_then, symbol_key, number_key, branch, kind from reminded
    union
    select r.month, r.symbol_key, s.symbol_to, r.number_key, r.branch, r.kind
    from reminded r
    join succession s
        on s.symbol_from = r.symbol_key
        and coalesce(try_cast(r.number_key as hugeint), 0) between s.number_from and s.number_to
    where r.month < s.first and s.last <= $month
),
done as (
    select distinct f.month, f.symbol_key, f.number_key, f.branch, f.kind
    from followed f
    join member m
        on m.number_key = f.number_key and m.branch = f.branch and m.symbol_key in (f.symbol_then, f.symbol_key)
        -- 知らせたときの記号でも、いまの記号でも、どちらの月の登録も見る
        and m.month > f.month and m.month <= $month
    where has_acted(f.kind, m.state, m.certificate_flag)
)
select f.symbol_key, f.number_key, f.branch, f.kind, count(distinct f.month) as told, max(f.month) as last
from followed f
anti join done using (month, symbol_key, number_key, branch, kind)
group by all
