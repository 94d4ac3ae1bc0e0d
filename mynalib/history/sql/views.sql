-- 窓：分析者が見る表。
-- member  全ての月の事実。一行＝一人×月。month は「2026-10」（フォルダーの名から取り、ほかの月のファイルは開かない）、
--         month_end はその末日。同じ人を月をまたいで結ぶ鍵は、symbol_key（折りたたんだ記号）、number_key（先頭の 0 を
--         除いた番号）、branch。
-- person  member に区分を付けたもの。列 employer_id（事業所なしは NOEMPLOYER、登録簿にない記号は ?）, insured,
--         status, warnings, action, withheld_by（控える理由。なければ NULL）。
create view member as
select
    regexp_extract(f.filename, '(20[0-9]{2}-[0-9]{2})(-r[0-9]+)?[/\\]members[.]parquet$', 1) as month,
    last_day((month || '-01')::date) as month_end,
    f.* exclude (filename),
    -- 半角だけの記号は折りたたんでも同じ。translate は一行ずつ遅いので、ほかの記号にだけ使う
    case when strlen(f.symbol) = length(f.symbol) then f.symbol
        else translate(f.symbol, getvariable('fold_from'), getvariable('fold_to')) end as symbol_key,
    ltrim(f.number, '0') as number_key
from member_file f;

create view person as
select
    p.* exclude (dates, month_end),
    coalesce(s.employer_id, '?') as employer_id,
    p.branch in (select branch from insured_branch) as insured,
    coalesce(d.status, 'review_inconsistent') as status,
    coalesce(d.warnings, '') as warnings,
    case
        when w.reason <> 'kept_back' then 'never'
        when d.action = 'never' then 'never'
        when w.reason = 'kept_back' or s.employer_id is null then 'review'
        when greatest(p.registered_on, p.cancelled_on) > p.month_end then 'review'
        else coalesce(d.action, 'review')
    end as action,
    w.reason as withheld_by
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
