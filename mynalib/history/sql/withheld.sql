-- 勧奨を控える人。一行＝月×人。列 reason（rank の小さいものが勝つ。なければ NULL）、allowed 人が「食い違いを確かめた」としたか。
-- hold: reason, rank, symbol_key, number_key, branch, since（その月末から）, until（その月末の前まで）。
create table withheld as
select
    m.month, h.symbol_key, h.number_key, h.branch,
    arg_min(h.reason, h.rank) filter (h.reason <> 'allowed') as reason,
    bool_or(h.reason = 'allowed') as allowed
from hold h
join month_file m
    on m.month_end >= coalesce(h.since, date '1900-01-01')
    and m.month_end < coalesce(h.until, date '9999-12-31')
group by all;
