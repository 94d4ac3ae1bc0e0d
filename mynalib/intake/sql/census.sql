-- データの行の数。引数：なし。一行のみ。列：expected 並べる前、found 並べた後（登録簿が重なれば増える）
select (select count(*) from staged) - (select count(*) from odd where fault = 'SKIP') as expected,
    (select count(*) from ordered) as found
