-- 月の集計。一行＝事業所×本人か×区分×失効か×行うこと×控える理由。members は人数。
-- lapsed は、登録済か、失効による自動解除の人で、証明書が失効していること（控えるかどうかによらない）。
select
    month, employer_id, insured, status,
    coalesce(certificate_flag = 0, false) and (state = 1 or status = 'cancelled_by_lapse') as lapsed,
    action, coalesce(withheld_by, '') as withheld_by, count(*) as members
from person
group by all
order by all
