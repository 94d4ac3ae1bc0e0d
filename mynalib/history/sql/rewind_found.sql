-- memory を $month の前に戻す（一）：これから数え直す行を除く。引数 $month。
-- 元になった月が purge で消えている行は、数え直せないので残す。
delete from memory
where since >= $month
    and since in (select month from month_file)
    and (against = '' or against in (select month from month_file))
