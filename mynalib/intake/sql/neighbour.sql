-- 前の行より後ろに来ない行。ordered は人の順に並んでいるので、同じ人の行は必ず隣にあり、あるのは同じ人の行だけのはず。
-- 引数：なし。一行＝前の行の人より後でない一行。列：place、number、branch、unsorted 前の行の人より前の人か（並びの検算）
-- 例：ordered が A, B, B, C なら、a は A, B, B, C、b は一つずらした B, B, C。組は A–B、B–B、B–C で、残るのは B–B だけ。
-- 人ごとに数える（group by）のと同じことが、並べ直さずに、一度なめるだけで分かる
create temp table neighbour as
select b.place, b.number, b.branch, (b.place, b.number, b.branch) <> (a.place, a.number, a.branch) as unsorted
from (select place, number, branch from ordered) a
positional join (select place, number, branch from ordered offset 1) b
where b.place < a.place
    or (b.place = a.place and (b.number < a.number or (b.number = a.number and b.branch <= a.branch)))
