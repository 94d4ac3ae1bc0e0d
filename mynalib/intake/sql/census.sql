-- データの行の数。引数：なし。一行のみ。列：expected 並べる前、found 並べた後（登録簿が重なれば増える）
SELECT (SELECT count(*) FROM staged) - (SELECT count(*) FROM odd WHERE fault = 'SKIP') AS expected,
    (SELECT count(*) FROM ordered) AS found
