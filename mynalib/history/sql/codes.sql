-- 一つの月の、事業所×コードの組（intake/shares.py の Codes。空欄は -1）ごとの人数。引数：なし。列：employer_id、コードの組、people 人
select employer_id, state, coalesce(cancel_kind, -1) as cancel_kind, coalesce(certificate_flag, -1) as certificate_flag,
    registered_on is not null as registered, cancelled_on is not null as cancelled,
    coalesce(registered_on > cancelled_on, false) as crossed,
    coalesce(registered_on >= (month || '-01')::date, false) as newly, count(*) as people
from person
group by all
order by all
