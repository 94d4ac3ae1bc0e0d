-- この月の人と、前に取り込んだ月のその人を、compared に書き出す。引数 $month、$before（無ければ ''）。一行＝一人。
-- 記録の減った人や区分の変わった人と、前の月にいなかった人（before_month が NULL）だけ。
-- 登録日だけのある登録済の人は、前に何であっても、食い違いではない。
create or replace table compared as
select
    n.symbol_key, n.number_key, n.branch, n.state, n.cancel_kind, n.registered_on, n.cancelled_on,
    b.month as before_month, b.state as before_state, b.cancel_kind as before_kind,
    b.registered_on as before_registered, b.cancelled_on as before_cancelled
from (
    from member
    where month = $month
        and (state = 0 or registered_on is null or cancelled_on is not null or cancel_kind is not null)
) n
left join (
    from lineage where month = $before and month < first and last <= $month
) b using (symbol_key, number_key, branch)
where b.month is null or (
    n.state = 0
    and (b.state = 1 or b.cancel_kind is not null or b.registered_on is not null or b.cancelled_on is not null)
    and (n.cancel_kind is distinct from b.cancel_kind or (n.registered_on is null and n.cancelled_on is null))
)
