"""監査：ある期間に、だれに、何を、どのお知らせの版のもとで渡し、何が返り、何を取り戻し、だれが見たか。人のことは出ない。

取り戻したリストには、漏えいなどの報告のための控え（人数、項目、暗号化、日付、期限）を添える。
Source: 個人情報の保護に関する法律 第26条、施行規則 第8条（速報は知ってから 3〜5 日、確報は 30 日以内）。
"""

from collections.abc import Iterable
from datetime import date, timedelta

from mynalib.domain.items import LABELS
from mynalib.domain.joint_use import DERIVED
from mynalib.domain.params import Params
from mynalib.history.deeds import DEEDS, within
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.purged import counts_said
from mynalib.reminders.memory import LETTERS, LETTERS_LABEL

# 施行規則 第8条：速報は、知ってから「速やかに」（ガイドラインで、おおむね 3〜5 日）
FIRST_REPORT = (3, 5)  # 日。速報
FULL_REPORT = 30  # 日。確報（不正の目的によるおそれがあれば 60 日）


def audit(home: Home, params: Params, first: date, last: date) -> dict:
    """first から last まで（両端を含む）の、台帳の行を種類ごとに。

    Returns:
        outcome（audited）, first, last（日）, counts（種類ごとの件数）, lines（種類から、文の並びへ）, incidents（取り戻したリストごとの控え）。
    Raises:
        LedgerBroken: 台帳の行が、書いたときのものでない。
    """
    lines = Ledger(home.ledger).lines()
    # 期間の中だけでなく、全ての行から。今月の取り戻しの、もとの手渡しは、先月かもしれない
    handed = {line["handover"]: line for line in lines if line["did"] == "handed_over"}
    found = within(lines, first, last)
    names = {employer.id: employer.name for employer in params.employers}
    names |= {LETTERS: LETTERS_LABEL}
    told = {
        label: [_said(line, names, handed) for line in found if line["did"] == did]
        for did, label in DEEDS.items()
    }
    return {
        "outcome": "audited",
        "first": str(first),
        "last": str(last),
        "counts": {label: len(found) for label, found in told.items()},
        "lines": {label: found for label, found in told.items() if found},
        "incidents": [
            _incident(line, handed[line["handover"]], names)
            for line in found
            if line["did"] == "recalled"
        ],
    }


def _said(line: dict, names: dict[str, str], handed: dict[str, dict]) -> str:
    """一行の文。日、だれが、何を。"""
    # 受領書や取り戻しの行には、手渡しの番号しかない。何を渡したかは、もとの手渡しの行から
    sent = line if line["did"] == "handed_over" else handed.get(line.get("handover", ""), {})
    unit = sent.get("unit", line.get("unit", ""))
    parts = [line["at"][:10], f"操作 {line['who']}"]
    # あとで設定から除かれた事業所は、名が分からないので、コードで
    parts += [names.get(unit, unit)] if unit else []
    parts += [sent["department"]] if sent.get("department") else []
    parts += [f"{sent['month']} のリスト {sent['rows']:,} 人"] if sent else []
    if line["did"] == "handed_over":
        parts += [f"手段 {line['means']}", "暗号化" if line.get("encrypted") else "暗号化なし"]
        parts += [f"項目 {_items(line.get('items', []))}"] if line.get("items") else []
        parts += [f"お知らせ 第{line['notice']}版"]
    if line["did"] == "recorded":
        parts += [f"不同意 {line['objections']}、在籍なし {line['not_here']}"]
    if not sent:
        # 渡した先のない行（公開、取り下げ、消去など）は、何についてかを、細かいほうから一つだけ
        parts += [line[name] for name in ("folder", "release", "month") if name in line][:1]
    parts += [counts_said(line["counts"])] if "counts" in line else []
    why = line.get("because") or line.get("reason")  # 作業台は reason に書く
    parts += [f"理由：{why}"] if why else []
    return "　".join(parts)


def _incident(line: dict, sent: dict, names: dict[str, str]) -> list[str]:
    """取り戻したリストの控え。知った日は、取り戻した日とみなす。"""
    known = date.fromisoformat(line["at"][:10])
    early, late = (known + timedelta(days) for days in FIRST_REPORT)
    sealed = "暗号化していた" if sent.get("encrypted") else "暗号化していない"
    items = sent.get("items", [])
    return [
        f"渡した先：{names.get(sent['unit'], sent['unit'])}　{sent['department']}".rstrip(),
        f"人数：{sent['rows']:,} 人",
        # 手紙は、一人ずつへのもので、項目のある表ではない
        *([f"項目：{_items(items)}"] if items else []),
        f"{sealed}（合言葉は、ファイルとは別に伝えたもの）" if sent.get("encrypted") else sealed,
        f"渡した日：{sent['at'][:10]}　取り戻した日：{known}",
        f"報告が要るとき：速報は {early}〜{late}、確報は {known + timedelta(FULL_REPORT)} まで",
    ]


def _items(names: Iterable[str]) -> str:
    return "、".join((LABELS | DERIVED).get(name, name) for name in names)
