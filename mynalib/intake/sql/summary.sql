-- 登録簿の行ごとの人数。引数：なし。一行＝登録簿の一行。列：entry、members 人、registered 人、short_branches 人
SELECT entry, count(*) AS members, count(*) FILTER (state = 1) AS registered,
    count(*) FILTER (short_branch) AS short_branches
FROM ordered
GROUP BY entry
ORDER BY entry
