-- 値の読み方。どれも一つの値から一つの値を作る。
-- folded：両端の空白を落とし、全角の数字だけを半角にする。①は１ではないので、NFKC は使わない。
create temp macro folded(value, blanks) as
    translate(trim(value, blanks), '０１２３４５６７８９', '0123456789');
-- eight_digits：年・月・日の文字を YYYYMMDD にする。
create temp macro eight_digits(year, month, day) as
    lpad(try_cast(year as integer)::varchar, 4, '0') || lpad(month, 2, '0') || lpad(day, 2, '0');
-- dated：約束した書き方（style）の日付を YYYYMMDD にする。形が違えば元のまま。登録は令和二年からなので、ほかの元号はない。
-- 形は引数にしない（定数でない正規表現は、行ごとに組み立て直されて遅い）。
create temp macro dated(value, style) as case
    when style = 'YYYY-MM-DD' and regexp_full_match(value, '[0-9]{4}-[0-9]{2}-[0-9]{2}') then replace(value, '-', '')
    when style = 'YYYY/MM/DD' and regexp_full_match(value, '[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}')
        then eight_digits(split_part(value, '/', 1), split_part(value, '/', 2), split_part(value, '/', 3))
    when style = 'wareki' and regexp_full_match(value, '(令和|R)(元|[0-9]{1,2})[年./][0-9]{1,2}[月./][0-9]{1,2}日?') then eight_digits(
        2018 + coalesce(try_cast(regexp_extract(value, '(?:令和|R)([0-9]*)', 1) as integer), 1),
        regexp_extract(value, '[年./]([0-9]+)[月./]', 1), regexp_extract(value, '[月./]([0-9]+)日?$', 1)
    )
    else value end;
-- bad_text：読めなかった文字（U+FFFD）があれば、その誤り。
create temp macro bad_text(value, item) as
    case when contains(value, chr(65533)) then ('ENCODING ' || item)::fault end;
-- weighted：検査用数字のための重みつきの和。
-- 例：123456789018 の下の桁（1 の位のほか）から 1×2 + 0×3 + 9×4 + 8×5 + … = 212。212 を 11 で割ったあまりは 3、11 − 3 = 8 が 1 の位
create temp macro weighted(n) as
    n // 10 % 10 * 2 + n // 100 % 10 * 3 + n // 1000 % 10 * 4 + n // 10000 % 10 * 5 + n // 100000 % 10 * 6
    + n // 1000000 % 10 * 7 + n // 10000000 % 10 * 2 + n // 100000000 % 10 * 3 + n // 1000000000 % 10 * 4
    + n // 10000000000 % 10 * 5 + n // 100000000000 % 10 * 6;
-- is_my_number：12 桁の数の検査用数字が個人番号のものか。
-- Source: 行政手続における特定の個人を識別するための番号の利用等に関する法律の規定による通知カード及び個人番号カード並びに
--         情報提供ネットワークシステムによる特定個人情報の提供等に関する省令 第五条
create temp macro is_my_number(n) as n % 10 = (
    case when weighted(n) % 11 <= 1 then 0 else 11 - weighted(n) % 11 end
);
-- first_my_number：個人番号らしい 12 桁の値の、一覧の中での位置（なければ 0）。
create temp macro first_my_number(texts) as coalesce(list_position(
    list_transform(texts, lambda text: regexp_full_match(text, '[0-9]{12}') and is_my_number(try_cast(text as bigint))), true
), 0);
-- kind_of_bad：項目の値が悪いときの理由。
create temp macro kind_of_bad(item) as
    case when item in ('registered_on', 'cancelled_on') then 'BAD_DATE' when item in ('symbol', 'number', 'branch') then 'BAD_KEY'
    else 'BAD_CODE' end;
-- settled：ファイルを断らずに済んだときの、個人番号らしい値の誤りの名。
create temp macro settled(fault) as
    case when starts_with(fault::varchar, 'MY_NUMBER ')
        then (kind_of_bad(split_part(fault::varchar, ' ', 2)) || ' ' || split_part(fault::varchar, ' ', 2))::fault
    else fault end;
-- coded：一桁の数字か空欄なら、そのまま。ほかは「形が違う」。
create temp macro coded(value) as case when regexp_full_match(value, '[0-9]?') then value else '形が違う' end;
-- given：日付が書いてあるか。00000000 は空欄とみる。
create temp macro given(value) as case when regexp_full_match(value, '0*') then '' else '○' end;
