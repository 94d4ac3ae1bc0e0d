-- 前の公開のいちばん新しい月から、この月で変わった人数。引数：なし
-- （counts_then, counts_now: month, employer_id と数。name: employer_id, employer, place 登録簿の順。item: item, label, place）。
-- 一行＝事業所×数（変わらないものは出さない。どちらかにない事業所は 0 人とみるので、事業所の差の計が、全体の差になる）。
-- 列 employer_id, employer, item, before, after, difference（人）。
-- 横に並んだ数を、一行＝事業所×数の縦に並べかえてから、前といまを突き合わせる
with former as (
    unpivot (from counts_then where month = (select max(month) from counts_then))
    on members, registered, usable, link_targets, renew_targets into name item value size
),
now as (unpivot counts_now on members, registered, usable, link_targets, renew_targets into name item value size)
select
    employer_id, coalesce(n.employer, employer_id) as employer, i.label as item,
    coalesce(former.size, 0) as before, coalesce(now.size, 0) as after, after - before as difference
from former
-- 前にだけある事業所（なくなった）も、いまにだけある事業所（新しい）も残す
full join now using (employer_id, item)
join item i using (item)
left join name n using (employer_id)
where difference <> 0
order by n.place nulls first, employer_id, i.place
