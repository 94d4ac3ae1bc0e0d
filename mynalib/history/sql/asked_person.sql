-- bench.person：分析の作業台（bench.sql）から見える person。一行＝一人×月。
-- 鍵の隠し方は asked_member.sql に同じ。
create view bench.person as
select m.* replace (
    if(v.shown, m.line, null) as line,
    if(v.shown, m.symbol, 's:' || left(sha256(v.secret || 's' || m.symbol_key), 16)) as symbol,
    if(v.shown, m.symbol_key, 's:' || left(sha256(v.secret || 's' || m.symbol_key), 16)) as symbol_key,
    if(v.shown, m.number, 'n:' || left(sha256(v.secret || 'n' || m.symbol_key || '/' || m.number_key), 16)) as number,
    if(v.shown, m.number_key, 'n:' || left(sha256(v.secret || 'n' || m.symbol_key || '/' || m.number_key), 16)) as number_key,
    if(v.shown, m.branch, 'b:' || left(sha256(v.secret || 'b' || m.symbol_key || '/' || m.number_key || '/' || m.branch), 16)) as branch
)
from main.person m cross join main.veil v;
