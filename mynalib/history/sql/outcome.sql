-- 知らせたあと：asked の人のうち、何か月かあとに、そのことをしていた人。引数なし。
-- asked: month, symbol_key, number_key, branch, kind（link、renew）, attempt, told（知らせたか）, beside（くらべるか）。later: month, ahead, month_after。
-- 一行＝月×勧奨×何回目×知らせたか×くらべるか×何か月あと。列 people（その月にもいる人）, acted（❶ は登録済、❷ は証明書が期限内の人）。
select
    a.month, a.kind, a.attempt, a.told, a.beside, l.ahead,
    count(*) as people,
    count(*) filter (where has_acted(a.kind, m.state, m.certificate_flag)) as acted
from asked a
join later l using (month)
-- その月にいない人は数えない。登録しなかったのではなく、いなくなった人だから
join member m
    on m.month = l.month_after and m.symbol_key = a.symbol_key and m.number_key = a.number_key and m.branch = a.branch
group by all
order by all
