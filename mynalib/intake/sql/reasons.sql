-- 隔離の理由ごとの数。引数：なし。一行＝一つの理由。列：reason、rows 行
select split_part(fault::varchar, ' ', 1) as reason, count(*) as rows from quarantined group by reason order by reason
