-- noted_now の人の区分と、見張るわけ（watch。なければ NULL）を、known_now に書き出す。引数なし。一行＝一人。
-- watch：own_request 本人の申請による解除、card_returned カードの返納、contradictory 要確認（コードの食い違いか、月末より後の日付）。
create or replace table known_now as
select
    symbol_key, number_key, branch, state, registered_on, cancelled_on, cancel_kind, facts_action, in_time,
    case
        when state = 0 and cancel_kind = 1 then 'own_request'
        when state = 0 and cancel_kind = 3 then 'card_returned'
        when facts_action = 'review' or not in_time then 'contradictory'
    end as watch
from judged_of('noted_now')
