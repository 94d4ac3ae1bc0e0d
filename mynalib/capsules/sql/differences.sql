-- 前の月との、加入者の差。引数 $before, $after（「2026-09」の形。counts: month, employer_id, employer, members）。
-- 一行＝事業所（counts の順）。列 employer_id, employer, before, after, difference（人）。前の月が無ければ、前と差は欠ける。
select employer_id, a.employer, b.members as before, a.members as after, a.members - b.members as difference
-- 登録簿の順は列にないので、結ぶ前に行の順を番号にして残す
from (select *, row_number() over () as place from counts where month = $after) a
left join (from counts where month = $before) b using (employer_id)
order by place
