-- ありえない変わり方をした人を、memory に加える。引数 $month、$before（その前に取り込んだ月。無ければ ''）。一行＝一人。
-- history_lost  最後に見たときは登録か解除の記録があったのに、日付も区分もない「未登録」になった
-- kind_changed  最後に見たときと解除日は同じ（どちらも空欄でも同じ）なのに、解除区分が変わった
-- もう控えている人は加えない。前の月にいなかった人だけを、それより前の月に探す（月が増えても遅くならない）。
insert into memory by name
with away as (
    from compared
    where before_month is null and state = 0
        and (cancelled_on is not null or cancel_kind is not null or registered_on is null)
),
earlier as (
    select
        symbol_key, number_key, branch,
        arg_max({month: month, state: state, cancel_kind: cancel_kind, registered_on: registered_on, cancelled_on: cancelled_on}, month) as facts
    from lineage
    semi join away using (symbol_key, number_key, branch)
    where month < $before and month < first and last <= $month
    group by all
),
changed as (
    from compared where before_month is not null
    union all by name
    select
        a.* exclude (before_month, before_state, before_kind, before_registered, before_cancelled),
        e.facts.month as before_month, e.facts.state as before_state, e.facts.cancel_kind as before_kind,
        e.facts.registered_on as before_registered, e.facts.cancelled_on as before_cancelled
    from away a
    join earlier e using (symbol_key, number_key, branch)
)
select
    symbol_key, number_key, branch, $month as since,
    case
        when cancel_kind is null and registered_on is null and cancelled_on is null
            and (before_state = 1 or before_kind is not null or before_registered is not null or before_cancelled is not null)
            then 'history_lost'
        when (before_kind is not null or before_cancelled is not null)
            -- 解除日も新しければ、別の解除で、ありうること
            and cancelled_on is not distinct from before_cancelled and cancel_kind is distinct from before_kind
            then 'kind_changed'
    end as why,
    before_month as against, '' as until, '' as employer_id
from changed
anti join (
    from memory where why in (from held_why) and since <= $month and (until = '' or until > $month)
) held using (symbol_key, number_key, branch)
where state = 0 and why is not null
