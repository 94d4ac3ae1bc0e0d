-- 覚えている食い違い。引数 $month（memory: history の記憶。waiting: history の review.sql。reason: why, label）。
-- 一行＝いつから×なぜ。列 since, age その月までの月数, why, members 人, undecided この月にいて、まだ人が決めていない人。
select since, date_diff('month', (since || '-01')::date, ($month || '-01')::date) as age, any_value(r.label) as why,
    count(*) as members, count(w.line) as undecided
from memory m
join reason r using (why)
-- 控えたままこの月にいる人だけが当たる。人が決めた人や、いなくなった人では w.line が null で、数えない
left join (from waiting where withheld_by = 'kept_back') w using (symbol_key, number_key, branch)
where since <= $month and (until = '' or until > $month)
group by since, m.why
order by since, m.why
