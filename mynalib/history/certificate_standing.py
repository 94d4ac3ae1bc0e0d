"""資格確認書の係：その月の断面と名簿から、だれに要り、だれが持ち、係が何をするか。

勧奨ではないので、共同利用に同意しない人も、連絡しない人も、外さない。渡し方だけが変わる。
"""

from collections.abc import Iterator

import pandas as pd

from mynalib.domain.certificates import RENEW_WITHIN
from mynalib.domain.params import Params
from mynalib.history import clock
from mynalib.history.certificates import CertificateBook, Issued, Wanted
from mynalib.history.lens import Lens
from mynalib.history.months import KeptMonth
from mynalib.history.overlays import Overlays

_BOOK = ["entry", "own", "symbol", "number", "branch", "symbol_key", "number_key", "branch_key"]
_NOTED = ["register", "symbol_key", "number_key", "branch_key"]


def certificate_standing(kept: KeptMonth, params: Params, overlays: Overlays) -> pd.DataFrame:
    """資格確認書の要る人と、持っている人。

    Returns:
        一行＝一人。事業所、世帯、枝番の順。列 employer_id（登録簿にない記号は ?）, symbol, number, branch, member_kind,
        certificate_reason（要るわけ。要らなければ ''）, task（係のすること）, valid_until（持っている一枚の期限。なければ ''）,
        delivery（渡し方。決まっていなければ ''）。名は domain.certificates にある。
    Raises:
        MonthDamaged: 月が読めない。
    """
    until = kept.month.plus(RENEW_WITHIN).end
    asked = {"month": str(kept.month), "month_end": kept.month.end, "soon": until}
    with Lens([kept], params) as lens:
        lens.put("written", _written(overlays.book))
        lens.put("noted", pd.DataFrame(_noted(kept, overlays), columns=_NOTED, dtype="str"))
        rows = lens.query("certificates", **asked)
    # 表の全てを文字にする。値のない欄は、どの列も ""
    rows["valid_until"] = rows.valid_until.dt.strftime("%Y-%m-%d")
    return rows.fillna("").astype("str")


def _written(book: CertificateBook) -> pd.DataFrame:
    """名簿の、いま効いている行（回収も撤回もされていないもの）。"""
    rows: list[Issued | Wanted] = [*book.issued, *book.wanted]
    in_force = [row for row in rows if row.entry.in_force(clock.today())]
    table = pd.DataFrame(
        [
            # 人がこの月にいなければ、書いてある鍵（own）のまま残す。交付した一枚が、だれのものか分からなくならないように
            (at, key == row.entry.key, *row.written, *key, *_said(row))
            for at, row in enumerate(in_force)
            for key in row.entry.keys
        ],
        columns=[*_BOOK, "valid_until", "reason"],
    )
    text = dict.fromkeys([*_BOOK[2:], "reason"], "str")
    return table.astype({"entry": "int64", "own": "bool", "valid_until": "datetime64[s]", **text})


def _said(row: Issued | Wanted) -> tuple:
    """期限と、要るわけ（どちらかは None）。"""
    return (row.valid_until, None) if isinstance(row, Issued) else (None, row.reason)


def _noted(kept: KeptMonth, overlays: Overlays) -> Iterator[tuple[str, ...]]:
    """ほかの名簿に、いまある人と、届いた返納者。"""
    for entry in overlays.entries:
        # 要確認への判断は、知らせるかどうかのもので、資格確認書の要る人を変えない
        if not entry.verdict and entry.in_force(clock.today()):
            yield from ((entry.register, *key) for key in entry.keys)
    for hold in overlays.returners:
        # 返納は、そのあとの月次のファイルに、解除区分 3 として現れる
        if hold.until is None or kept.month.end < hold.until:
            yield ("returners", *hold.key)
