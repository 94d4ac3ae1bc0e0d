-- bench.member：分析の作業台（bench.sql）から見える member。一行＝一人×月。
-- 鍵（記号、番号、枝番と、その折りたたんだ形）は、veil の secret で作った仮の名にし、元ファイルの行番号は NULL にする。
-- 仮の名は、同じ secret のあいだは同じ人・世帯・記号に同じもの。veil の shown が true なら、元のまま。
-- 番号は記号とともに、枝番は人とともに要約する（枝番だけでは、十通りほどしかなく、数から分かってしまう）。
create view bench.member as
select m.* replace (
    if(v.shown, m.line, null) as line,
    if(v.shown, m.symbol, 's:' || left(sha256(v.secret || 's' || m.symbol_key), 16)) as symbol,
    if(v.shown, m.symbol_key, 's:' || left(sha256(v.secret || 's' || m.symbol_key), 16)) as symbol_key,
    if(v.shown, m.number, 'n:' || left(sha256(v.secret || 'n' || m.symbol_key || '/' || m.number_key), 16)) as number,
    if(v.shown, m.number_key, 'n:' || left(sha256(v.secret || 'n' || m.symbol_key || '/' || m.number_key), 16)) as number_key,
    if(v.shown, m.branch, 'b:' || left(sha256(v.secret || 'b' || m.symbol_key || '/' || m.number_key || '/' || m.branch), 16)) as branch
)
from main.member m cross join main.veil v;
