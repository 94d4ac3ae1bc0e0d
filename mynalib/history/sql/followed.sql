-- 記号が引きつがれた人の memory の行を、引きついだ先の鍵に写す（一）。引数 $month。もとの行は followed_from.sql が閉じる。
insert into memory by name
select
    s.symbol_to as symbol_key, m.number_key, m.branch, min(m.since) as since, m.why, min(m.against) as against, '' as until,
    m.employer_id
from memory m
join succession s
    on s.symbol_from = m.symbol_key
    and coalesce(try_cast(m.number_key as hugeint), 0) between s.number_from and s.number_to
anti join (from memory where until = '') already
    on already.symbol_key = s.symbol_to and already.number_key = m.number_key and already.branch = m.branch
    and already.why = m.why and already.employer_id = m.employer_id
where m.until = '' and m.since < s.first and s.last <= $month
group by all
