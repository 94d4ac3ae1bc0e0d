-- 記憶の全ての行。一行＝一人×一件。
select symbol_key, number_key, branch, since, why, against, until, employer_id from memory order by all
