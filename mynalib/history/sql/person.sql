-- person：member に区分を付けたもの。列 employer_id（事業所なしは NOEMPLOYER、登録簿にない記号は ?）, insured（本人か）,
-- status, warnings, action, withheld_by（控える理由。なければ NULL）。
-- 行うことは、上から決まる：名簿の人は never、区分が never なら never、不明の記号・食い違い・月末より後の日付は review。
-- 食い違いを人が確かめた（freed）なら、同じ状態と証明書で、解除も日付の食い違いもない人と同じことをする（settled）。
-- 本人の申請による解除が、登録より後か、これからの人は、確かめても戻さない。
create view person as
select
    p.* exclude (dates, month_end),
    coalesce(s.employer_id, '?') as employer_id,
    p.branch in (select branch from insured_branch) as insured,
    coalesce(d.status, 'review_inconsistent') as status,
    coalesce(d.warnings, '') as warnings,
    coalesce(w.allowed, false) and (
        p.cancel_kind is distinct from 1 or (p.dates = 'registered_after_cancelled' and p.cancelled_on <= p.month_end)
    ) as freed,
    case
        when w.reason <> 'kept_back' then 'never'
        when d.action = 'never' then 'never'
        when s.employer_id is null then 'review'
        when w.reason = 'kept_back' and not freed then 'review'
        when d.action <> 'review'
            and (freed or coalesce(greatest(p.registered_on, p.cancelled_on) <= p.month_end, true)) then d.action
        when freed then coalesce(d.settled, 'review')
        else 'review'
    end as action,
    if(w.reason = 'kept_back' and freed, null, w.reason) as withheld_by
from (
    select
        *,
        case
            when registered_on is null and cancelled_on is null then 'none'
            when cancelled_on is null then 'registered_only'
            when registered_on is null then 'cancelled_only'
            when registered_on < cancelled_on then 'registered_before_cancelled'
            when registered_on = cancelled_on then 'same_day'
            else 'registered_after_cancelled'
        end as dates
    from member
) p
left join symbol_entry s
    on s.month = p.month and s.symbol_key = p.symbol_key
    and (s.number_from is null or try_cast(p.number as hugeint) >= s.number_from)
    and (s.number_to is null or try_cast(p.number as hugeint) <= s.number_to)
left join decision d
    on d.state = p.state
    and d.cancel_kind = coalesce(p.cancel_kind, -1)
    and d.certificate_flag = coalesce(p.certificate_flag, -1)
    and d.dates = p.dates
left join withheld w
    on w.month = p.month and w.symbol_key = p.symbol_key and w.number_key = p.number_key and w.branch = p.branch;
