-- 前の公開と、見せるかたちが変わる事業所（まとめる、「以上・以下」になる、水準がなくなる、など）。引数：なし
-- （forms_then, forms_now: month, employer_id, form。name: employer_id, employer, place 登録簿の順）。
-- 一行＝事業所。列 employer_id, employer, was, becomes。どちらかにない事業所は「ない」。
select
    employer_id, coalesce(n.employer, employer_id) as employer,
    coalesce(t.form, 'ない') as was, coalesce(now.form, 'ない') as becomes
from (from forms_then where month = (select max(month) from forms_then)) t
full join forms_now now using (employer_id)
left join name n using (employer_id)
where was <> becomes
order by n.place nulls first, employer_id
