-- 「本人の申請による解除」の人を、memory に加える（why は own_request。控える理由にはならない、見張りの行）。引数 $month。一行＝一人。
insert into memory by name
select symbol_key, number_key, branch, $month as since, 'own_request' as why, '' as against, '' as until
from member m
anti join (
    from memory where why = 'own_request' and since <= $month and (until = '' or until > $month)
) using (symbol_key, number_key, branch)
where m.month = $month and m.state = 0 and m.cancel_kind = 1
