-- 資格確認書の要る人と、持っている人。引数 $month、$month_end（その末日）、$soon（この日までに切れるものは、更新する）。
-- written: 資格確認書の名簿のいまの行。一行＝行×その人の鍵。entry（行）、own（書いてある鍵か）、symbol, number, branch（書いてあるまま）、
-- symbol_key, number_key, branch_key、valid_until（交付した一枚の期限。なければ NULL）、reason（要るわけ。なければ NULL）。
-- noted: ほかの名簿のいまの行。register（名簿の名か returners）、symbol_key, number_key, branch_key。
-- 一行＝一人。列 employer_id, symbol, number, branch, member_kind, certificate_reason（要るわけ。要らなければ NULL）, task（係のすること）,
-- valid_until（持っている一枚の期限。なければ NULL）, delivery（渡し方。決まっていなければ NULL）。事業所、世帯、枝番の順。
with here as (
    select symbol, number, branch, symbol_key, number_key, employer_id, insured, state, cancel_kind, certificate_flag
    from person
    where month = $month
),
followed as (  -- 名簿の行を、その人のこの月の鍵に。いなければ、書いてある鍵のまま
    select
        w.entry, any_value(w.valid_until) as valid_until, any_value(w.reason) as reason,
        any_value({symbol: w.symbol, number: w.number}) as text,
        coalesce(
            any_value({symbol_key: h.symbol_key, number_key: h.number_key, branch: h.branch}) filter (h.state is not null),
            any_value({symbol_key: w.symbol_key, number_key: w.number_key, branch: w.branch_key}) filter (w.own)
        ) as key
    from written w
    left join here h on h.symbol_key = w.symbol_key and h.number_key = w.number_key and h.branch = w.branch_key
    group by w.entry
),
book as (
    select
        key.symbol_key, key.number_key, key.branch, any_value(text) as text,
        max(valid_until) as valid_until, arg_max(reason, entry) filter (reason is not null) as wanted
    from followed
    group by key
),
remark as (
    select
        symbol_key, number_key, branch_key as branch,
        bool_or(register = 'pending_cancellation') as asked, bool_or(register = 'returners') as returned,
        bool_or(register = 'optout') as objects, bool_or(register = 'never_contact') as silent
    from noted
    group by all
),
everybody as (
    select
        coalesce(h.symbol, b.text.symbol) as symbol, coalesce(h.number, b.text.number) as number,
        coalesce(h.branch, b.branch) as branch, coalesce(h.number_key, b.number_key) as number_key,
        coalesce(h.employer_id, s.employer_id, '?') as employer_id,
        coalesce(h.branch, b.branch) in (select branch from insured_branch) as insured,
        h.state, h.cancel_kind, h.state = 1 and h.certificate_flag is distinct from 0 as usable,
        b.valid_until, b.wanted,
        coalesce(r.asked, false) as asked, coalesce(r.returned, false) as returned,
        coalesce(r.objects, false) as objects, coalesce(r.silent, false) as silent
    from here h
    -- どちらかにだけいる人も要る：名簿だけの人（見つからない、番号の届出がない）と、ファイルだけの人（まだ持っていない）
    full join book b on b.symbol_key = h.symbol_key and b.number_key = h.number_key and b.branch = h.branch
    left join remark r
        on r.symbol_key = coalesce(h.symbol_key, b.symbol_key)
        and r.number_key = coalesce(h.number_key, b.number_key) and r.branch = coalesce(h.branch, b.branch)
    -- ファイルにいる人の事業所は、もう person が決めている
    left join symbol_entry s
        on h.state is null and s.month = $month and s.symbol_key = b.symbol_key
        and (s.number_from is null or try_cast(b.number_key as hugeint) >= s.number_from)
        and (s.number_to is null or try_cast(b.number_key as hugeint) <= s.number_to)
),
judged as (
    select
        *,
        case
            -- カードで受診できる人。まだファイルに現れない解除と返納、申請による交付だけ
            when usable and asked then 'cancellation_asked'
            when usable and returned then 'card_returned'
            when usable then if(wanted = 'on_request', wanted, null)
            -- ファイルにいない人は、名簿に書いたわけだけ
            when state is null then wanted
            -- カードで受診できない人。人が書いたわけは、ファイルより詳しい
            when wanted <> 'on_request' then wanted
            when state = 0 and cancel_kind = 1 then 'own_request'
            when returned or (state = 0 and cancel_kind = 3) then 'card_returned'
            when state = 1 or cancel_kind = 2 then 'certificate_lapsed'
            else 'not_registered'
        end as certificate_reason
    from everybody
),
decided as (
    select
        *,
        case
            when certificate_reason is not null and valid_until is null then 'issue'
            when certificate_reason is not null and valid_until <= $soon then 'renewal'
            when certificate_reason is not null then 'keep'
            when valid_until > $month_end and state is null then 'find'
            when valid_until > $month_end then 'take_back'
        end as task
    from judged
)
select
    employer_id, symbol, number, branch, if(insured, '本人', '家族') as member_kind, certificate_reason, task, valid_until,
    case
        when silent then 'ask_first'
        when employer_id = 'NOEMPLOYER' then 'home'
        when objects then 'not_by_employer'
    end as delivery
from decided
where task is not null
order by employer_id, symbol, coalesce(try_cast(number_key as hugeint), 0), number, branch
