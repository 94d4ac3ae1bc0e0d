-- 隔離する行を ordered から除く。残る行の順は変わらない。引数：なし
delete from ordered where line in (select line from quarantined)
