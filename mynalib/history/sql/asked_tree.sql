-- 書かれた SQL の構文木。引数 $text。一行だけ。列 tree（JSON）。select でなければ、中に error がある。
select json_serialize_sql($text) as tree;
