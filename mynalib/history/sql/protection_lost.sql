-- 見張っている人（本人の申請・返納・要確認）が、食い違いなく登録されたことがないのに、勧奨の対象になったら、memory に加える。
-- 引数 $month。一行＝一人。why は、見張りの名に _vanished を付けたもの（見張りが二つあれば、card_returned、contradictory、own_request の順）。
insert into memory by name
select w.symbol_key, w.number_key, w.branch, $month as since, min(w.why) || '_vanished' as why, '' as against, '' as until, '' as employer_id
from memory w
join known_now m using (symbol_key, number_key, branch)
anti join (
    from memory where why in (from held_why) and since <= $month and (until = '' or until > $month)
) held using (symbol_key, number_key, branch)
where w.why in ('own_request', 'card_returned', 'contradictory')
    and w.since < $month and (w.until = '' or w.until > $month)
    and m.facts_action in ('link', 'renew', 'renew_then_link')
group by w.symbol_key, w.number_key, w.branch
