-- 隔離する行を ordered から除く。残る行の順は変わらない。引数：なし
DELETE FROM ordered WHERE line IN (SELECT line FROM quarantined)
