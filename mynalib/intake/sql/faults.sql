-- 誤りの名の型。引数：$faults 名の一覧
CREATE TYPE fault AS ENUM (SELECT unnest($faults::VARCHAR[]))
