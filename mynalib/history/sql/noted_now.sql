-- この月の、記憶に行のある人と、事実に一つでも目をひくところのある人を、noted_now に一度で書き出す。引数 $month。一行＝一人。
-- 目をひくところのない人（日付と区分のない未登録か、登録日だけのある登録済）は、判定表で要確認になることがない。
create or replace table noted_now as
select m.*
from member m
left join (
    select distinct symbol_key, number_key, branch from memory where until = '' or until > $month
) k using (symbol_key, number_key, branch)
where m.month = $month
    and (
        k.symbol_key is not null
        or m.cancel_kind is not null or m.cancelled_on is not null
        or (m.state = 0 and m.registered_on is not null) or m.registered_on > m.month_end
    )
