-- その月にいる人の鍵（折りたたんだ記号、先頭の 0 を除いた番号、枝番）。引数 $month。一行＝一人。
select symbol_key, number_key, branch from member where month = $month
