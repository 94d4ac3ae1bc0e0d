-- 登録簿の行×コードの組ごとの人数。
-- 引数：$first・$last 断面の月の、はじめの日と末日
-- 一行＝登録簿の一行×コードの組。列：entry、コードの組（shares.py の Codes）：state、cancel_kind、certificate_flag、
--     registered・cancelled 日付があるか、crossed 登録実施日が解除日より後か、newly 登録実施日がその月か、
--     people 人、short_branches 枝番が一桁の人、later 月末より後の日付のある人
select entry, state, cancel_kind, certificate_flag, registered_on is not null as registered,
    cancelled_on is not null as cancelled, coalesce(registered_on > cancelled_on, false) as crossed,
    coalesce(registered_on >= $first, false) as newly,
    count(*) as people, count(*) filter (short_branch) as short_branches,
    count(*) filter (greatest(registered_on, cancelled_on) > $last) as later
from ordered
group by all
order by all
