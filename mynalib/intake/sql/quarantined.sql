-- 隔離する行。引数：なし（ordered から作る）。一行＝隔離する一行。列：line 行番号、fault
create temp table quarantined as
select line, settled(fault) as fault from ordered where fault is not null
