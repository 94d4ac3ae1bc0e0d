-- 勧奨リストに新しく載る人と、消える人。引数：なし
-- （lists_then, lists_now: employer_id, symbol_key, number_key, branch。name: employer_id, employer, place 登録簿の順）。
-- 一行＝事業所。列 employer_id, employer, came, stayed, gone（人）。
select employer_id, coalesce(any_value(n.employer), employer_id) as employer,
    count(*) filter (now and not coalesce(before, false)) as came,
    count(*) filter (before and now) as stayed,
    count(*) filter (before and not coalesce(now, false)) as gone
-- 人の鍵で突き合わせる。片方にだけいる人の印は null になるので、coalesce で偽とみる
from (select *, true as before from lists_then)
full join (select *, true as now from lists_now) using (employer_id, symbol_key, number_key, branch)
left join name n using (employer_id)
group by employer_id
order by any_value(n.place) nulls first, employer_id
