-- いなくなった人が、みな戻ったら、その人かもしれないとした人を閉じる。引数 $month。
update memory
set until = $month
where why = 'number_changed' and since < $month and (until = '' or until > $month)
    and not exists (
        from memory g
        where g.why = 'gone' and g.since = memory.since and g.branch = memory.branch and g.employer_id = memory.employer_id
            and (g.until = '' or g.until > $month)
    )
