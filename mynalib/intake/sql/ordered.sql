-- 登録簿と暦に照らし、人の順（記号、番号、枝番）に並べる。
-- 引数：なし（staged、odd、spelling、entry、calendar から作る）
-- 一行＝一つのデータの行。列：line 行番号、entry 登録簿の行、place 記号の順位、number 数、digits、branch、short_branch、
--     state、registered_on・cancelled_on DATE、cancel_kind、certificate_flag、fault
create temp table ordered as
with data as (
    select (rowid + 1)::integer as line, text as symbol, number, digits, branch, false as short_branch, state,
        registered_on, cancelled_on, cancel_kind, certificate_flag, null::fault as fault
    from staged
    where plain
    union all
    select line, symbol, number, digits, branch, short_branch, state,
        registered_on, cancelled_on, cancel_kind, certificate_flag, fault
    from odd
    where fault is distinct from 'SKIP'
)
select d.line, e.entry, e.place, d.number, d.digits, d.branch, d.short_branch, d.state,
    r.day as registered_on, c.day as cancelled_on, d.cancel_kind, d.certificate_flag,
    -- 先にあるものが勝つ：項目の形、日付、記号の順
    coalesce(
        d.fault,
        case
            when d.registered_on > 0 and r.day is null then 'BAD_DATE registered_on'
            when d.cancelled_on > 0 and c.day is null then 'BAD_DATE cancelled_on'
        end::fault,
        p.fault,
        case when e.entry is null then 'UNKNOWN_KIGO symbol'::fault end
    ) as fault
from data d
-- どれも左結合：結び付かない行も、誤りの名を付けて残す（黙って消えると、組合の人数が合わない）。
-- 行が増えるのは、登録簿の範囲が重なるときだけで、census.sql が見つける
left join spelling p on p.symbol = d.symbol
left join entry e on e.symbol = p.registered and d.number between e.number_from and e.number_to
left join calendar r on r.number = d.registered_on
left join calendar c on c.number = d.cancelled_on
order by place, d.number, d.branch, line
