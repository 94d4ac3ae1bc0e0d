-- judged_of(表の名)：member の形の表に、その人の事実だけから決まる区分を付けたもの（名簿、記憶、登録簿は見ない）。行は変わらない。
-- 列 dates 日付の前後, status, warnings, facts_action 区分の行うこと, settled, in_time どの日付も月末までか。
create macro judged_of(source) as table
select
    p.*,
    coalesce(d.status, 'review_inconsistent') as status,
    coalesce(d.warnings, '') as warnings,
    coalesce(d.action, 'review') as facts_action,
    d.settled,
    coalesce(greatest(p.registered_on, p.cancelled_on) <= p.month_end, true) as in_time
from (
    select
        *,
        case
            when registered_on is null and cancelled_on is null then 'none'
            when cancelled_on is null then 'registered_only'
            when registered_on is null then 'cancelled_only'
            when registered_on < cancelled_on then 'registered_before_cancelled'
            when registered_on = cancelled_on then 'same_day'
            else 'registered_after_cancelled'
        end as dates
    from query_table(source)
) p
left join decision d
    on d.state = p.state
    and d.cancel_kind = coalesce(p.cancel_kind, -1)
    and d.certificate_flag = coalesce(p.certificate_flag, -1)
    and d.dates = p.dates;
