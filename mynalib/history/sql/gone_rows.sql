-- gone の人を、memory に加える（控える理由にはならない行。同じ月、事業所、枝番の number_changed の行を、この行が控えさせる）。
-- 引数 $month、$before。一行＝一人×事業所。
insert into memory by name
select symbol_key, number_key, branch, $month as since, 'gone' as why, $before as against, '' as until, employer_id
from gone
anti join (
    from memory where why = 'gone' and since <= $month and (until = '' or until > $month)
) already using (symbol_key, number_key, branch)
group by all
