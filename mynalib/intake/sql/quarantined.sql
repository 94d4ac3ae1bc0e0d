-- 隔離する行。引数：なし（ordered から作る）。一行＝隔離する一行。列：line 行番号、fault
CREATE TEMP TABLE quarantined AS
SELECT line, settled(fault) AS fault FROM ordered WHERE fault IS NOT NULL
