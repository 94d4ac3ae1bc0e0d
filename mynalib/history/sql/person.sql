-- person：member に区分を付けたもの。列 employer_id（事業所なしは NOEMPLOYER、登録簿にない記号は ?）, insured（本人か）,
-- status, warnings, action, withheld_by（控える理由。なければ NULL）。
-- 行うことは、上から決まる：名簿の人は never、区分が never なら never、不明の記号・食い違い・月末より後の日付は review。
-- 食い違いを人が確かめた（freed）なら、同じ状態と証明書で、解除も日付の食い違いもない人と同じことをする（settled）。
-- 本人の申請による解除が、登録より後か、これからの人は、確かめても戻さない。
create view person as
select
    p.* exclude (dates, month_end, facts_action, settled, in_time),
    coalesce(s.employer_id, '?') as employer_id,
    p.branch in (select branch from insured_branch) as insured,
    coalesce(w.allowed, false) and (
        p.cancel_kind is distinct from 1 or (p.dates = 'registered_after_cancelled' and p.cancelled_on <= p.month_end)
    ) as freed,
    case
        when w.reason <> 'kept_back' then 'never'
        when p.facts_action = 'never' then 'never'
        when s.employer_id is null then 'review'
        when w.reason = 'kept_back' and not freed then 'review'
        when p.facts_action <> 'review' and (freed or p.in_time) then p.facts_action
        when freed then coalesce(p.settled, 'review')
        else 'review'
    end as action,
    if(w.reason = 'kept_back' and freed, null, w.reason) as withheld_by
from judged_of('member') p
left join symbol_entry s
    on s.month = p.month and s.symbol_key = p.symbol_key
    and (s.number_from is null or try_cast(p.number as hugeint) >= s.number_from)
    and (s.number_to is null or try_cast(p.number as hugeint) <= s.number_to)
left join withheld w
    on w.month = p.month and w.symbol_key = p.symbol_key and w.number_key = p.number_key and w.branch = p.branch;
