-- 尋ねた番号（asked、先頭の 0 を除く）のうち、どれかの月の、だれかの番号であるもの。引数なし。一行＝一つの番号。
select distinct number_key from member semi join asked using (number_key)
