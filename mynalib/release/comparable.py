"""比べられるリスト：同じ月のリストを二度渡せば、二つの違いから、申し出た人が分かってしまう。作り直してよいかを、ここで決める。"""

from contextlib import suppress

from mynalib.history.ledger import Ledger
from mynalib.history.markers import is_list
from mynalib.history.protection import sealed
from mynalib.history.released import ReleaseDamaged, artefacts_of
from mynalib.history.revisions import revision_of
from mynalib.release.order import Order


def would_tell(order: Order, entered: str) -> bool:
    """リストを作り直すと、前の版のリストと比べて、申し出たか、撤回した人が分かってしまうか。

    読み手がリストを受け取ったかもしれない、いちばん新しい版のときから、名簿か返納者が変わっていれば、そうなる。変わっていないと
    確かめられないとき（鍵か、用意した行を失っている）も、そう見る。訂正したファイルから分かる食い違いは、ファイルの訂正に紛れるので、
    ここでは見ない。

    Args:
        entered: いまの、名簿と返納者のハッシュ（unchanged.Protecting）。
    """
    told = _told(order)
    if told is None:
        return False
    # 鍵を失えば now は ""。用意した行を失えば、前のハッシュも ""。"" どうしを、同じとはみなさない
    now = sealed(order.home, entered)
    return not now or _entered_then(order, told) != now


def _told(order: Order) -> str | None:
    """この月の、リストのあった、いちばん新しい版（取り下げたものも）。失われていて、確かめられない版も、そう見る。"""
    # 取り下げた版も、読み手の手もとにあるので、ever で探す
    names = [
        name
        for name in Ledger(order.home.ledger).ever("released")
        if revision_of(name)[0] == order.month
    ]
    for name in sorted(names, key=revision_of, reverse=True):
        # リストのない版は飛ばし、ある版で止まる。manifest が壊れていて読めない版も、あったとみて止まる
        with suppress(ReleaseDamaged):
            if not any(map(is_list, artefacts_of(order.home, order.home.reports / name))):
                continue
        return name
    return None


def _entered_then(order: Order, name: str) -> str:
    """その版を用意したときの、名簿と返納者の、封じたハッシュ。用意した行がなければ ""。"""
    entered: dict[str, str] = {}
    found = ""
    for line in Ledger(order.home.ledger).lines():
        if line["did"] == "prepared":
            entered[line["manifest_sha256"]] = line.get("entered", "")
        # 同じ manifest を何度か用意していても、公開した行より前の、最後に用意した行が、その版のもの
        if line["did"] == "released" and line["folder"] == name:
            found = entered.get(line["manifest_sha256"], "")
    return found
