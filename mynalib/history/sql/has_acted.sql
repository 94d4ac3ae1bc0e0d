-- 勧奨のとおりにしたか：❶（link）は登録済、❷（renew と、その後の登録）は証明書が期限内。引数は勧奨、登録状態、証明書の状態。空は、していない。
create macro has_acted(kind, state, certificate_flag) as
    if(kind = 'link', state = 1, coalesce(certificate_flag = 1, false))
