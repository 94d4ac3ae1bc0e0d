-- 誤りの名の型。引数：$faults 名の一覧
create type fault as enum (select unnest($faults::varchar[]))
