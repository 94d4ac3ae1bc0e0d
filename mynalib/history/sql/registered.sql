-- 食い違いなく登録済になった人の memory の行を閉じる。引数 $month。
-- 食い違いがない：登録日があり、解除の記録がないか、それより後に登録している。判定表でも日付でも、要確認ではない。
-- 本人の申請や返納のあとでは、覚えた月より後に登録していなければならない（返納のときにあった日付のまま、状態だけが 1 になった人は
-- 登録し直したとは言えない）。
update memory
set until = $month
from (
    select symbol_key, number_key, branch, registered_on, cancelled_on
    from known_now
    where state = 1 and facts_action <> 'review' and in_time and registered_on is not null
        and (registered_on > cancelled_on or (cancelled_on is null and cancel_kind is null))
) m
where memory.symbol_key = m.symbol_key and memory.number_key = m.number_key and memory.branch = m.branch
    and since < $month and (until = '' or until > $month) and why <> 'gone'
    and (
        m.cancelled_on is null
        or why not in ('own_request', 'own_request_vanished', 'card_returned', 'card_returned_vanished')
        or m.registered_on > last_day((since || '-01')::date)
    )
