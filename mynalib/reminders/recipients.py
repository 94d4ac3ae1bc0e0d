"""渡してよい相手：お知らせに載った事業所の、お知らせに載った部署。似た名の事業所があれば、名を打ち直してもらう。"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from difflib import SequenceMatcher

from mynalib.domain.employers import Employer
from mynalib.domain.errors import Refused
from mynalib.domain.params import Params

ALIKE = 0.8  # 名の重なりが、この割合からは、取りちがえるかもしれない
_COMPANY = re.compile("株式会社|有限会社|合同会社|[(]株[)]|[(]有[)]")


def require_recipient(params: Params, code: str, department: str, today: date) -> Employer:
    """その日に、その部署へ渡してよいか。

    Raises:
        Refused: NOT_NOTIFIED（お知らせに載っていない事業所か部署）。
    """
    found = [one for one in params.notified(today) if one.id == code]
    if not found:
        known = "、".join(one.id for one in params.notified(today)) or "ありません"
        what = "お知らせの「共同利用する者の範囲」に、今日は載っていません。何も渡せません"
        fix = f"今日、渡してよい事業所：{known}"
        raise Refused("NOT_NOTIFIED", where=f"--employer {code}", what=what, fix=fix)
    [employer] = found
    departments = employer.scope_on(today)
    if department not in departments:
        what = f"{employer.name}の、お知らせに載った部署ではありません"
        fix = f"お知らせのままの名で書いてください：{'、'.join(departments)}"
        raise Refused("NOT_NOTIFIED", where=f"--to {department}", what=what, fix=fix)
    return employer


def require_meant(employer: Employer, employers: Iterable[Employer], retyped: str) -> None:
    """打ち直した名が、その事業所のものか（画面の名か、お知らせの印字の名）。似た名の事業所がなければ、打たなくてよい。

    Raises:
        Refused: NAME_UNCONFIRMED。
    """
    if retyped in (employer.name, employer.name_as_printed):
        return
    if alike := look_alikes(employer, employers):
        names = "、".join(one.name for one in alike)
        what = f"似た名の事業所があります（{names}）"
        fix = f"渡す相手を確かめて、--name に、事業所の名を打ってください（{employer.id} の名）。"
        raise Refused("NAME_UNCONFIRMED", where=employer.name, what=what, fix=fix)
    # 似た名がなくても、違う名を打った人は、違う相手に渡そうとしている
    if retyped:
        what = "--name に打った名は、この事業所の名ではありません"
        fix = f"渡す相手を確かめて、--employer か --name を直してください（{employer.id} は {employer.name} です）。"
        raise Refused("NAME_UNCONFIRMED", where=f"--employer {employer.id}", what=what, fix=fix)


def look_alikes(employer: Employer, employers: Iterable[Employer]) -> list[Employer]:
    """名の似た、ほかの事業所。会社の種類の言葉を除いて比べ、一つがもう一つを含むか、ほとんど同じなら、似ている。

    例：「ジャッツ」と「ジャッツ関西」は似ている。
    """
    own = _bare(employer.name)
    others = ((one, _bare(one.name)) for one in employers if one.id != employer.id)
    # 例：「みなと精機」と「みなと精器」は 5 字のうち 4 字が同じで 0.8。「山田商事」と「山本商事」は 0.75 で、似ているとしない
    return [
        one
        for one, name in others
        if name in own or own in name or SequenceMatcher(None, own, name).ratio() >= ALIKE
    ]


def _bare(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    # 「株式会社」だけの名なら、除くと空になり、どの名にも含まれてしまう。そのときは、除かない
    return _COMPANY.sub("", folded).strip() or folded
