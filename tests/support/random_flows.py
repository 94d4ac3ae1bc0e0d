"""でたらめな組合の二か月：事業所ごとの人の動きと、そこから数えた集計。"""

import os
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

BEFORE, AFTER = "2026-09", "2026-10"
ACTIONS = {
    "registered_usable": "none",
    "registered_certificate_lapsed": "renew",
    "review_cancelled_then_registered": "review",
    "never_linked": "link",
    "cancelled_by_lapse": "renew_then_link",
    "cancelled_at_own_request": "never",
}
LAPSED = ("registered_certificate_lapsed", "review_cancelled_then_registered", "cancelled_by_lapse")
STAYS = [(status, status) for status in ACTIONS]
MOVES = [  # 新規、解除、加入、脱退、未登録の人の出入り
    ("never_linked", "registered_usable"),
    ("registered_certificate_lapsed", "cancelled_by_lapse"),
    ("", "registered_usable"),
    ("registered_usable", ""),
    ("", "never_linked"),
    ("never_linked", ""),
]
NAMES = {"E01": "一", "E02": "二", "E03": "三"}
FEW, MANY = st.integers(0, 9), st.integers(0, 45)
COLUMNS = ["month", "status_before", "status_after", "employer_before", "employer_after", "members"]


def trials(few: int) -> Callable[[Callable], Callable]:
    """ふだんは少なく、make test-long では二十倍。種は決まっている。"""
    count = few * 20 if os.environ.get("MYNA_LONG") else few
    tried = settings(
        max_examples=count, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    return lambda test: pytest.mark.long(tried(test))


@st.composite
def flows(draw, employers=(*NAMES, "KENPO", "NOEMPLOYER")) -> pd.DataFrame:
    """二つの月の動き（flow.sql の列）。事業所は、空のことも、少ないことも、多いこともある。"""
    rows = []
    for employer in employers[: draw(st.integers(1, len(employers)))]:
        sizes = [draw(draw(st.sampled_from([FEW, MANY, st.just(0)]))) for _ in STAYS]
        sizes += [draw(FEW | st.integers(8, 20)) for _ in MOVES]
        rows += [
            flow_row(employer, *pair, size)
            for pair, size in zip([*STAYS, *MOVES], sizes, strict=True)
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def flow_row(employer: str, before: str, after: str, members: int) -> tuple:
    sides = (employer if before else "", employer if after else "")
    return AFTER, before, after, *sides, members


def cube_of(flow: pd.DataFrame) -> pd.DataFrame:
    """動きの前後の、月の集計（cube の列）。"""
    sides = []
    for month, side in ((BEFORE, "before"), (AFTER, "after")):
        here = flow[flow[f"status_{side}"] != ""]
        status = here[f"status_{side}"]
        facts = {
            "month": month,
            "employer_id": here[f"employer_{side}"],
            "status": status,
            "members": here.members,
        }
        more = {
            "insured": True,
            "action": status.map(ACTIONS),
            "lapsed": status.isin(LAPSED),
            "withheld_by": "",
        }
        sides.append(pd.DataFrame(facts).assign(**more))
    return pd.concat(sides, ignore_index=True)
