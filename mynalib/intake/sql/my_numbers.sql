-- 個人番号らしい値。引数：なし
-- 一行のみ。列：others 番号のほかの列にあるもの、twelve 12 桁の番号、valid そのうち検査用数字が合うもの
select
    count(*) filter (starts_with(fault::varchar, 'MY_NUMBER')) as others,
    count(*) filter (digits = 12) as twelve,
    count(*) filter (digits = 12 and is_my_number(try_cast(number as bigint))) as valid
from ordered
where digits = 12 or fault is not null
