-- ある月に証明書が失効した人の、いま。引数 $before その前の月, $wave 失効した月, $now いまの月。
-- 失効した人：前の月は登録済（期限内等か不明）で、その月に、登録済のまま失効したか、失効で自動解除された（更新済みでも、再登録待ちなら入る）。
-- 一行＝失効した月の事業所×本人か×いまの区分（いなければ ''）。members は人数。
select
    w.employer_id, w.insured, coalesce(n.status, '') as status_now, count(*) as members
from (from person where month = $before and status in ('registered_usable', 'registered_certificate_unknown')) b
join (
    from person
    where month = $wave
        and status in ('registered_certificate_lapsed', 'cancelled_by_lapse', 'renewed_not_relinked')
) w using (symbol_key, number_key, branch)
left join (from person where month = $now) n using (symbol_key, number_key, branch)
group by all
order by all
