-- 分析の作業台（bench.sql）から見える表の置き場。
create schema bench;
