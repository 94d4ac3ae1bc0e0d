-- 要確認の人の名簿。引数 $month（memory: 覚えている食い違いと、食い違いの見張り。waiting: 要確認の人で、why はその言い方。
-- reason: why, label）。一行＝一人。事業所、世帯、枝番の順。
-- 列 employer_id, symbol, number, branch, member_kind, why わけ, since いつから（月）, age その月からの月数。
select
    w.employer_id, w.symbol, w.number, w.branch, w.member_kind,
    coalesce(string_agg(distinct r.label, '、' order by r.label), any_value(w.why)) as why,
    coalesce(min(m.since), $month) as since,
    date_diff('month', (coalesce(min(m.since), $month) || '-01')::date, ($month || '-01')::date) as age
from waiting w
-- 一人に二つの食い違いがあれば二行に増えるので、人でまとめ、わけは並べ、月はいちばん古いもの
left join (from memory where since <= $month and (until = '' or until > $month)) m
    on m.symbol_key = w.symbol_key and m.number_key = w.number_key and m.branch = w.branch
left join reason r on r.why = m.why
group by w.employer_id, w.symbol, w.number, w.number_key, w.branch, w.member_kind
order by w.employer_id, w.symbol, coalesce(try_cast(w.number_key as hugeint), 0), w.number, w.branch
