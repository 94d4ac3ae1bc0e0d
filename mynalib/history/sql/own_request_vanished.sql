-- 本人の申請による解除を見張っている人の区分が、食い違いなく登録されたことがないのに、本人の申請でなくなったら、memory に加える。
-- 引数 $month。一行＝一人。
insert into memory by name
select distinct
    w.symbol_key, w.number_key, w.branch, $month as since, 'own_request_vanished' as why, '' as against, '' as until, '' as employer_id
from memory w
join known_now m using (symbol_key, number_key, branch)
anti join (
    from memory where why in (from held_why) and since <= $month and (until = '' or until > $month)
) held using (symbol_key, number_key, branch)
where w.why = 'own_request' and w.since < $month and (w.until = '' or w.until > $month)
    and m.state = 0 and m.cancel_kind is distinct from 1
