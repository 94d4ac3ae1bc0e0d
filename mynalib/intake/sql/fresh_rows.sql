-- 新しい月の人のうち、古い月にいないか、どれかの項目が違う人。番号の先頭の 0 と、記号の綴りの違いは見ない。
-- 引数：$new・$old members.parquet、$every いくつの番号に一つを見るか、$fold_from・$fold_to 記号の折りたたみ
-- 一行のみ。列：fresh 人、seen 見た人
-- 番号のハッシュで選ぶので、どの番号も、二つの月で、そろって見られるか、そろって見られない
-- 型（ubigint）を書く。書かないと、渡した $every との割り算が、六倍かかる
with new as (
    select translate(symbol, $fold_from, $fold_to) as symbol_key, number::hugeint as number_key,
        branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
    from read_parquet($new)
    where hash(number_key) % $every::ubigint = 0
),
old as (
    select translate(symbol, $fold_from, $fold_to) as symbol_key, number::hugeint as number_key,
        branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
    from read_parquet($old)
    where hash(number_key) % $every::ubigint = 0
)
select (select count(*) from (from new except from old)) as fresh, (select count(*) from new) as seen
