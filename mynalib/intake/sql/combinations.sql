-- コードと日付の有無の組合せ。コードらしくない値（一桁の数字でも空欄でもない）は「形が違う」にまとめる。
-- 引数：なし。一行＝組合せ。列：state、cancel_kind、certificate_flag、registered・cancelled 日付があるか（○ か ''）、rows 行
select coded(state) as state, coded(cancel_kind) as cancel_kind, coded(certificate_flag) as certificate_flag,
    given(registered_on) as registered, given(cancelled_on) as cancelled, count(*) as rows
from seen
group by all
order by all
