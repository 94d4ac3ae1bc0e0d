-- 覚えている人がいなくなった月に、はじめて現れた、その人かもしれない人（番号が変わり、記録が空になった）を、memory に加える。
-- 引数 $month、$before。一行＝一人×いなくなった人の事業所。
-- 枝番が同じで、同じ事業所で日付がどちらも空欄か、どの事業所でも、空欄でない日付がいなくなった人の日付と同じ人。
-- 登録日だけがあり、解除の記録がない登録済の人は、だれであっても控えないので、加えない。
insert into memory by name
with arrived as (
    select symbol_key, number_key, branch, registered_on, cancelled_on
    from compared
    where before_month is null and branch in (select branch from gone)
        and (
            (registered_on is null and cancelled_on is null)
            or registered_on in (select registered_on from gone)
            or cancelled_on in (select cancelled_on from gone)
        )
),
newcomer as materialized (  -- 前にもいて戻った人は、番号の変わった人ではない
    from arrived
    anti join (
        from lineage
        semi join arrived using (symbol_key, number_key, branch)
        where month < $before and month < first and last <= $month
    ) known using (symbol_key, number_key, branch)
),
placed as (
    select n.symbol_key, n.number_key, n.branch, s.employer_id
    from newcomer n
    join symbol_entry s
        on s.month = $month and s.symbol_key = n.symbol_key
        and (s.number_from is null or coalesce(try_cast(n.number_key as hugeint), 0) >= s.number_from)
        and (s.number_to is null or coalesce(try_cast(n.number_key as hugeint), 0) <= s.number_to)
    where n.registered_on is null and n.cancelled_on is null
),
-- 日付のない人は、記録が空になったのかもしれないので、同じ事業所だけを疑う。日付の同じ人は、転籍かもしれないので、どの事業所でも疑う
suspect as (
    select symbol_key, number_key, branch, employer_id
    from placed
    semi join gone using (employer_id, branch)
    union
    select n.symbol_key, n.number_key, n.branch, g.employer_id
    from newcomer n
    join gone g using (branch, registered_on)
    where n.cancelled_on is null or n.cancelled_on = g.cancelled_on
    union
    select n.symbol_key, n.number_key, n.branch, g.employer_id
    from newcomer n
    join gone g using (branch, cancelled_on)
    where n.registered_on is null
    -- 記号が終わった（合併などの）人は、ほかの事業所に移ったのかもしれない。事業所に記号が残っていれば、番号の同じ人だけを疑う
    union
    select n.symbol_key, n.number_key, n.branch, g.employer_id
    from placed n
    join gone g using (number_key, branch)
    where g.symbol_key not in (select symbol_key from symbol_entry where month = $month)
    union
    select n.symbol_key, n.number_key, n.branch, g.employer_id
    from placed n
    join (
        select distinct branch, employer_id
        from gone
        where employer_id not in (select employer_id from symbol_entry where month = $month)
    ) g using (branch)
)
select symbol_key, number_key, branch, $month as since, 'number_changed' as why, $before as against, '' as until, employer_id
from suspect
