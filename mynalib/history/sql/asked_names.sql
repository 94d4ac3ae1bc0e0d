-- ここから先の問いの表の名は、bench の中だけで探す。
use bench;
