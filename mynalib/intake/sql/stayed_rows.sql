-- 古い月に登録実施日のあった人のうち、新しい月にも、同じ番号・枝番・登録実施日でいる人。番号の先頭の 0 と、記号の綴りの違いは見ない。
-- 引数：$new・$old members.parquet、$every いくつの番号に一つを見るか、$fold_from・$fold_to 記号の折りたたみ
-- 一行＝二つの月のどちらにもある記号と、全体（symbol_key が ''。記号は問わない）。列：had 古い月の人、stayed そのうち新しい月にもいる人
-- 型（ubigint）を書くわけは、fresh_rows.sql に
with new as (
    select translate(symbol, $fold_from, $fold_to) as symbol_key, number::hugeint as number_key, branch, registered_on
    from read_parquet($new)
    where hash(number_key) % $every::ubigint = 0
),
old as (
    select translate(symbol, $fold_from, $fold_to) as symbol_key, number::hugeint as number_key, branch, registered_on
    from read_parquet($old)
    where hash(number_key) % $every::ubigint = 0 and registered_on is not null
),
same_symbol as (
    select symbol_key, count(*) as had, count(n.branch) as stayed
    from old
    left join new n using (symbol_key, number_key, branch, registered_on)
    where symbol_key in (select distinct symbol_key from new)
    group by symbol_key
)
from same_symbol
union all
select '', (select count(*) from old), (select count(*) from (from old semi join new using (number_key, branch, registered_on)))
order by all
