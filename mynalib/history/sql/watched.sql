-- 一項目が変わっても勧奨してはならない人（known_now の watch）を、memory に加える。引数 $month。一行＝一人。
-- 控える理由にはならない、見張りの行である。
insert into memory by name
select symbol_key, number_key, branch, $month as since, watch as why, '' as against, '' as until, '' as employer_id
from known_now n
anti join (
    from memory where since <= $month and (until = '' or until > $month)
) m on m.symbol_key = n.symbol_key and m.number_key = n.number_key and m.branch = n.branch and m.why = n.watch
where watch is not null
