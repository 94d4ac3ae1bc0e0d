-- lineage：member と、そのあと記号が引きつがれた人（succession）の、引きついだ先の鍵での行。
-- 一行＝一人×月×鍵。first と last は、その鍵になりはじめ、なり終える月（もとの鍵の行では、どの月でも当てはまる値）。
-- $before の行を $month の鍵で見るには where month = $before and month < first and last <= $month とする。
create view lineage as
select symbol_key, number_key, branch, month, state, cancel_kind, registered_on, cancelled_on, line, '9999-12' as first, '' as last
from member
union all
select
    s.symbol_to, m.number_key, m.branch, m.month, m.state, m.cancel_kind, m.registered_on, m.cancelled_on, m.line, s.first, s.last
from member m
join succession s
    on s.symbol_from = m.symbol_key
    and coalesce(try_cast(m.number_key as hugeint), 0) between s.number_from and s.number_to;
