-- member：全ての月の事実。一行＝一人×月。
-- month は「2026-10」（フォルダーの名から取るので、month を限れば、ほかの月のファイルは開かれない）、month_end はその末日。
-- 同じ人を月をまたいで結ぶ鍵は、symbol_key（折りたたんだ記号）、number_key（先頭の 0 を除いた番号）、branch。
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
