-- 全ての月の人の番号（先頭の 0 を除く）。引数なし。一行＝一つの番号。
select distinct number_key from member
