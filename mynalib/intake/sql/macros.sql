-- 値の読み方。どれも一つの値から一つの値を作る。
-- folded：両端の空白を落とし、全角の数字だけを半角にする。①は１ではないので、NFKC は使わない。
CREATE TEMP MACRO folded(value, blanks) AS
    translate(trim(value, blanks), '０１２３４５６７８９', '0123456789');
-- eight_digits：年・月・日の文字を YYYYMMDD にする。
CREATE TEMP MACRO eight_digits(year, month, day) AS
    lpad(try_cast(year AS INTEGER)::VARCHAR, 4, '0') || lpad(month, 2, '0') || lpad(day, 2, '0');
-- dated：約束した書き方（style）の日付を YYYYMMDD にする。形が違えば元のまま。登録は令和二年からなので、ほかの元号はない。
-- 形は引数にしない（定数でない正規表現は、行ごとに組み立て直されて遅い）。
CREATE TEMP MACRO dated(value, style) AS CASE
    WHEN style = 'YYYY-MM-DD' AND regexp_full_match(value, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN replace(value, '-', '')
    WHEN style = 'YYYY/MM/DD' AND regexp_full_match(value, '[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}')
        THEN eight_digits(split_part(value, '/', 1), split_part(value, '/', 2), split_part(value, '/', 3))
    WHEN style = 'wareki' AND regexp_full_match(value, '(令和|R)(元|[0-9]{1,2})[年./][0-9]{1,2}[月./][0-9]{1,2}日?') THEN eight_digits(
        2018 + coalesce(try_cast(regexp_extract(value, '(?:令和|R)([0-9]*)', 1) AS INTEGER), 1),
        regexp_extract(value, '[年./]([0-9]+)[月./]', 1), regexp_extract(value, '[月./]([0-9]+)日?$', 1)
    )
    ELSE value END;
-- bad_text：読めなかった文字（U+FFFD）があれば、その誤り。
CREATE TEMP MACRO bad_text(value, item) AS
    CASE WHEN contains(value, chr(65533)) THEN ('ENCODING ' || item)::fault END;
-- weighted：検査用数字のための重みつきの和。
CREATE TEMP MACRO weighted(n) AS
    n // 10 % 10 * 2 + n // 100 % 10 * 3 + n // 1000 % 10 * 4 + n // 10000 % 10 * 5 + n // 100000 % 10 * 6
    + n // 1000000 % 10 * 7 + n // 10000000 % 10 * 2 + n // 100000000 % 10 * 3 + n // 1000000000 % 10 * 4
    + n // 10000000000 % 10 * 5 + n // 100000000000 % 10 * 6;
-- is_my_number：12 桁の数の検査用数字が個人番号のものか。
-- Source: 行政手続における特定の個人を識別するための番号の利用等に関する法律の規定による通知カード及び個人番号カード並びに
--         情報提供ネットワークシステムによる特定個人情報の提供等に関する省令 第五条
CREATE TEMP MACRO is_my_number(n) AS n % 10 = (
    CASE WHEN weighted(n) % 11 <= 1 THEN 0 ELSE 11 - weighted(n) % 11 END
);
-- first_my_number：個人番号らしい 12 桁の値の、一覧の中での位置（なければ 0）。
CREATE TEMP MACRO first_my_number(texts) AS coalesce(list_position(
    list_transform(texts, lambda text: regexp_full_match(text, '[0-9]{12}') AND is_my_number(try_cast(text AS BIGINT))), true
), 0);
-- kind_of_bad：項目の値が悪いときの理由。
CREATE TEMP MACRO kind_of_bad(item) AS
    CASE WHEN item IN ('registered_on', 'cancelled_on') THEN 'BAD_DATE' WHEN item IN ('symbol', 'number', 'branch') THEN 'BAD_KEY'
    ELSE 'BAD_CODE' END;
-- settled：ファイルを断らずに済んだときの、個人番号らしい値の誤りの名。
CREATE TEMP MACRO settled(fault) AS
    CASE WHEN starts_with(fault::VARCHAR, 'MY_NUMBER ')
        THEN (kind_of_bad(split_part(fault::VARCHAR, ' ', 2)) || ' ' || split_part(fault::VARCHAR, ' ', 2))::fault
    ELSE fault END;
-- coded：一桁の数字か空欄なら、そのまま。ほかは「形が違う」。
CREATE TEMP MACRO coded(value) AS CASE WHEN regexp_full_match(value, '[0-9]?') THEN value ELSE '形が違う' END;
-- given：日付が書いてあるか。00000000 は空欄とみる。
CREATE TEMP MACRO given(value) AS CASE WHEN regexp_full_match(value, '0*') THEN '' ELSE '○' END;
