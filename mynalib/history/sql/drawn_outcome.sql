-- 半分に分けた世帯の、そのあと：drawn の人のうち、何か月かあとに、そのことをしていた人。引数なし。
-- drawn: month, trial, kind（link、renew）, employer_id, symbol_key, number_key, branch, arm。later: month, ahead, month_after。
-- 一行＝くじ×勧奨×月×事業所×組×世帯×何か月あと。列 people（その月にもいる人）, acted（❶ は登録済、❷ は証明書が期限内の人）。鍵は返さない。
select
    d.month, d.trial, d.kind, d.employer_id, d.arm, l.ahead,
    count(*) as people,
    count(*) filter (where has_acted(d.kind, m.state, m.certificate_flag)) as acted
from drawn d
join later l using (month)
join member m
    on m.month = l.month_after and m.symbol_key = d.symbol_key and m.number_key = d.number_key and m.branch = d.branch
group by d.month, d.trial, d.kind, d.employer_id, d.arm, l.ahead, d.symbol_key, d.number_key
order by all
