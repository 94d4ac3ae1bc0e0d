-- 広く配る版で、前は見せていて、今度は伏せる升。引数：なし
-- （masks_then, masks_now: month, employer_id と五つの数。name: employer_id, employer。item: item, label, place）。
-- 一行＝月×事業所×数。列 month, employer_id, employer, item。数、前の公開の行の順。
with former as (
    unpivot (select *, row_number() over () as row from masks_then)
    on members, registered, usable, link_targets, renew_targets into name item value size
),
now as (
    from masks_now
    unpivot include nulls (size for item in (members, registered, usable, link_targets, renew_targets))
)
select month, employer_id, coalesce(n.employer, employer_id) as employer, i.label as item
from former
join now using (month, employer_id, item)
join item i using (item)
left join name n using (employer_id)
where now.size is null and employer_id <> 'TOTAL'
order by i.place, former.row
