"""試験の道具：手元の月から一つの版のカプセルを作り、ノートブックの部品が見せるものを、公開せずに見る。"""

import json
import re
from collections.abc import Callable
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from months import lapsed, load_month, make_home, never_linked, params_of
from months import registered as linked
from traitlets.config import Config

from mynalib.capsules.catalogue import EDITIONS
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.publication import open_publication
from mynalib.domain.months import Month
from mynalib.history.home import Home
from mynalib.insight.capsule import Capsule
from mynalib.insight.outlook import Outlook
from mynalib.insight.situation import Situation

WAITING = {"2026-07": 3, "2026-08": 4, "2026-10": 9}
"""月 → 証明書を更新して、再登録を待つ人。"""


def page_of(folder: Path, notebook: str, months: list[str], audience: str = "internal") -> Outlook:
    home = make_home(folder / "home")
    for month in months:
        waits = [lapsed(f"2{n:03}", certificate_flag=1) for n in range(WAITING[month])]
        others = [never_linked(f"{n:04}") for n in range(20)]
        load_month(home, month, [*others, *(linked(f"1{n:03}") for n in range(30)), *waits])
    publication = open_publication(home, params_of(home), Month.parse(months[-1]))
    edition = next(one for one in EDITIONS if one.notebook == notebook and one.audience == audience)
    return Outlook(Capsule.read(make_capsule(publication, edition, folder / "capsule")))


def dashboard_of(home: Home, folder: Path, month: str) -> Situation:
    publication = open_publication(home, params_of(home), Month.parse(month))
    [edition] = [one for one in EDITIONS if one.notebook == "02_society_dashboard"]
    return Situation(Outlook(Capsule.read(make_capsule(publication, edition, folder))))


def seen(*parts: Callable[[Situation], None], page: Situation) -> str:
    """その部品が見せたもの。"""
    InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    with capture_output() as caught:
        for part in parts:
            part(page)
    shown = "".join(one.data["text/html"] for one in caught.outputs)
    return shown.replace("\N{NO-BREAK SPACE}", " ")


def choices_of(page: str, name: str) -> dict:
    found = re.search(rf'<figure id="{name}">.*?class="choices">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])
