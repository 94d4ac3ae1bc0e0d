-- ここから先の問いの表の名は、bench の中を先に探す（ほかにない名は main でも探すので、読める名は asking.py が先に確かめる）。
use bench;
