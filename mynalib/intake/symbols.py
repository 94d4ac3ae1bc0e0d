"""ファイルの記号の綴りを、登録簿の記号に結びつける。綴りは少ないので、domain の関数でそのまま折り畳む。"""

import unicodedata
from collections.abc import Sequence

from mynalib.domain.employers import Registry, fold_symbol

# 番号は 20 桁まで読む（staged.sql）。範囲のない行には、その全てが当てはまる
_ANY_NUMBER = 10**20 - 1
_REPLACEMENT = "\ufffd"


def spelling_columns(texts: Sequence[str], registry: Registry) -> dict[str, list]:
    """綴りを、spelling.sql の引数にする。registered は登録簿の記号の番号（なければ None）、faults は記号としての誤り。"""
    numbers = _numbers(registry)
    folded = [fold_symbol(text) for text in texts]
    faults = [None if symbol in numbers else f"{_reason(symbol)} symbol" for symbol in folded]
    return {
        "symbols": list(texts),
        "registered": [numbers.get(symbol) for symbol in folded],
        "faults": faults,
    }


def entry_columns(registry: Registry) -> dict[str, list[int]]:
    """登録簿を、entry.sql の引数にする。place は登録どおりの記号の順位で、members.parquet の並びを決める。"""
    numbers = _numbers(registry)
    entries = registry.entries
    places = {symbol: at for at, symbol in enumerate(symbols_in_order(registry))}
    return {
        "entries": list(range(len(entries))),
        "symbols": [numbers[one.folded] for one in entries],
        "places": [places[one.symbol] for one in entries],
        "number_from": [one.number_from or 0 for one in entries],
        "number_to": [_ANY_NUMBER if one.number_to is None else one.number_to for one in entries],
    }


def symbols_in_order(registry: Registry) -> list[str]:
    """登録どおりの記号を、文字の順に。重ならない。"""
    return sorted({entry.symbol for entry in registry.entries})


def _numbers(registry: Registry) -> dict[str, int]:
    """折りたたんだ記号から、その番号へ。"""
    return {
        folded: at for at, folded in enumerate(sorted({entry.folded for entry in registry.entries}))
    }


def _reason(folded: str) -> str:
    if not folded:
        return "MISSING_KEY"
    if _REPLACEMENT in folded:
        return "ENCODING"
    # 空白や見えない文字を含むものは、記号ではない
    hidden = any(unicodedata.category(char)[0] in "CZ" for char in folded)
    return "BAD_KEY" if hidden else "UNKNOWN_KIGO"
