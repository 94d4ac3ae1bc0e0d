-- ありえない変わり方をした人を、memory に加える。引数 $month、$before（その前に取り込んだ月。無ければ ''）。一行＝一人。
-- own_request_vanished  「本人の申請による解除」のあと、いちども登録されていないのに、区分が本人の申請でなくなった
-- history_lost          最後に見たときは登録か解除の記録があったのに、日付も区分もない「未登録」になった
-- kind_changed          最後に見たときと解除日は同じなのに、解除区分が変わった
-- もう控えている人は加えない。前の月にいなかった人だけを、それより前の月に探す（月が増えても遅くならない）。
insert into memory by name
with now as (
    select symbol_key, number_key, branch, cancel_kind, registered_on, cancelled_on
    from member
    where month = $month and state = 0
),
open_row as (
    select distinct symbol_key, number_key, branch, why = 'own_request' as asked
    from memory
    where since <= $month and (until = '' or until > $month)
),
last_month as (
    select symbol_key, number_key, branch, month, state, cancel_kind, registered_on, cancelled_on
    from member
    where month = $before
),
away as (
    from now
    anti join last_month using (symbol_key, number_key, branch)
    where cancelled_on is not null or (cancel_kind is null and registered_on is null)
),
earlier as (
    select
        symbol_key, number_key, branch,
        arg_max({month: month, state: state, cancel_kind: cancel_kind, registered_on: registered_on, cancelled_on: cancelled_on}, month) as facts
    from member
    semi join away using (symbol_key, number_key, branch)
    where month < $before
    group by all
),
seen as (
    from last_month
    union all by name
    select symbol_key, number_key, branch, facts.* from earlier
)
select
    n.symbol_key, n.number_key, n.branch, $month as since,
    case
        when a.asked and n.cancel_kind is distinct from 1 then 'own_request_vanished'
        when coalesce(n.cancel_kind::varchar, n.registered_on::varchar, n.cancelled_on::varchar) is null
            and (b.state = 1 or coalesce(b.cancel_kind::varchar, b.registered_on::varchar, b.cancelled_on::varchar) is not null)
            then 'history_lost'
        when n.cancelled_on = b.cancelled_on and n.cancel_kind is distinct from b.cancel_kind then 'kind_changed'
    end as why,
    if(why = 'own_request_vanished', '', b.month) as against,
    '' as until
from now n
left join (from open_row where asked) a using (symbol_key, number_key, branch)
left join seen b using (symbol_key, number_key, branch)
anti join (from open_row where not asked) h using (symbol_key, number_key, branch)
where why is not null
