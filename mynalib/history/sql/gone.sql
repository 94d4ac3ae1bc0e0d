-- 覚えている人（見張りも）のうち、前の月にはいて、この月にはいない人を、gone に書き出す。引数 $month、$before。
-- 一行＝一人。employer_id 前の月の事業所、registered_on, cancelled_on 前の月の日付。
create or replace table gone as
with missing as materialized (
    select distinct symbol_key, number_key, branch
    from memory
    anti join known_now using (symbol_key, number_key, branch)
    where since < $month and (until = '' or until > $month) and why <> 'gone'
)
select distinct b.symbol_key, b.number_key, b.branch, coalesce(s.employer_id, '?') as employer_id, b.registered_on, b.cancelled_on
from lineage b
semi join missing using (symbol_key, number_key, branch)
left join symbol_entry s
    on s.month in ($before, $month) and s.symbol_key = b.symbol_key
    and (s.number_from is null or coalesce(try_cast(b.number_key as hugeint), 0) >= s.number_from)
    and (s.number_to is null or coalesce(try_cast(b.number_key as hugeint), 0) <= s.number_to)
where b.month = $before and b.month < b.first and b.last <= $month
