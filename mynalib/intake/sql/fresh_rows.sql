-- 新しい月の人のうち、古い月にいないか、どれかの項目が違う人。番号の先頭の 0 と、記号の綴りの違いは見ない。
-- 引数：$new・$old members.parquet、$every いくつの番号に一つを見るか、$fold_from・$fold_to 記号の折りたたみ
-- 一行のみ。列：fresh 人、seen 見た人
WITH new AS (
    SELECT translate(symbol, $fold_from, $fold_to) AS symbol_key, number::HUGEINT AS number_key,
        branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
    FROM read_parquet($new)
    WHERE hash(number_key) % $every = 0
),
old AS (
    SELECT translate(symbol, $fold_from, $fold_to) AS symbol_key, number::HUGEINT AS number_key,
        branch, state, registered_on, cancelled_on, cancel_kind, certificate_flag
    FROM read_parquet($old)
    WHERE hash(number_key) % $every = 0
)
SELECT (SELECT count(*) FROM (FROM new EXCEPT FROM old)) AS fresh, (SELECT count(*) FROM new) AS seen
