-- 前の公開のいちばん新しい月から、この月で変わった人数。引数：なし
-- （counts_then, counts_now: month, employer_id と五つの数。name: employer_id, employer。item: item, label, place）。
-- 一行＝事業所×数（変わらないものと、どちらかにないものは出さない）。列 employer_id, employer, item, before, after, difference（人）。
with former as (
    unpivot (from counts_then where month = (select max(month) from counts_then))
    on members, registered, usable, link_targets, renew_targets into name item value before
),
now as (unpivot counts_now on members, registered, usable, link_targets, renew_targets into name item value after)
select employer_id, coalesce(n.employer, employer_id) as employer, i.label as item, before, after, after - before as difference
from former
join now using (employer_id, item)
join item i using (item)
left join name n using (employer_id)
where difference <> 0
order by employer_id, now.item
