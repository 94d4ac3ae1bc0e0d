-- 月の集計。一行＝事業所×本人か×区分×行うこと×控える理由。members は人数。
select month, employer_id, insured, status, action, coalesce(withheld_by, '') as withheld_by, count(*) as members
from person
group by all
order by all
