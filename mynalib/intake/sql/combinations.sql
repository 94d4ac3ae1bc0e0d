-- コードと日付の有無の組合せ。コードらしくない値（一桁の数字でも空欄でもない）は「形が違う」にまとめる。
-- 引数：なし。一行＝組合せ。列：state、cancel_kind、certificate_flag、registered・cancelled 日付があるか（○ か ''）、rows 行
SELECT coded(state) AS state, coded(cancel_kind) AS cancel_kind, coded(certificate_flag) AS certificate_flag,
    given(registered_on) AS registered, given(cancelled_on) AS cancelled, count(*) AS rows
FROM seen
GROUP BY ALL
ORDER BY ALL
