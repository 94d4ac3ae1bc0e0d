-- memory を $month の前に戻す（二）：これから数え直す月に閉じた行を、開く。引数 $month。
update memory set until = '' where until >= $month and until in (select month from month_file)
