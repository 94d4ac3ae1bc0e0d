"""頭数の攻撃：人事の担当者が、会社の正確な頭数と、公開されたファイルだけから、だれかが申し出たかを当てる。

mynalib を何も読みこまない、別の人の道具である。使うのは標準の道具だけ。

    python tests/scripts/headcount_attack.py reports 頭数.csv

頭数.csv の列は month, employer_id, members（毎月の末の、正確な人数）。標準出力に、事業所×公開ごとの一行を CSV で書く。
verdict は none（何も分からない）か seen（申し出た人がいるとしか思えない）。

当て方。申し出た人がいなければ、ページの加入者は、頭数そのものか、頭数を 5 に丸めたものか、頭数から決まった規則で動く概数
（base と least の規則は、前の作り 21ad6ee の README に書いて、公開されていた）のはずである。どれで作り直しても公開されたものと
合わず、何人かを抜けば合うか、いちど公開した前の月の数が、訂正でもないのに新しいページで変わっていれば、申し出た人がいる。
水準と、リストの人数も試す。
"""

import argparse
import csv
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

BASE, LEAST = 5, 3  # 概数の丸めの単位と、動かすのに要る人数
MOST = 3  # 何人が申し出たかを、ここまで試す
Series = dict[str, int]  # 月から人数へ
Row = dict[str, str]  # CSV の一行
MEMBERS_TILE = re.compile(r'<dt>加入者</dt>\s*<dd><span class="value[^"]*">([0-9,]+)<')
FOLDER = re.compile(r"(\d{4}-\d{2})(?:-r(\d+))?")


@dataclass
class Page:
    """一つの公開の、一つの事業所について読めるもの。tables は、ファイルの名から、月ごとの行へ。"""

    release: str
    month: str
    revision: int
    members: Series = field(default_factory=dict)
    tables: dict[str, dict[str, Row]] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """一つの公開で、一つの事業所について分かったこと。

    objectors は、その人数を抜けば合う、という数の並び。unlisted は、未登録なのにリストに無いと分かる人の数（申出、申請の解除、
    要確認のどれかは分からないので、これだけでは seen としない）。
    """

    employer: str
    release: str
    verdict: str
    objectors: str
    why: str
    unlisted: int


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_heads(path: Path) -> dict[str, Series]:
    """事業所から、月ごとの頭数へ。"""
    heads: dict[str, Series] = {}
    for row in read_rows(path):
        heads.setdefault(row["employer_id"], {})[row["month"]] = int(row["members"])
    return heads


def releases(reports: Path) -> Iterator[tuple[Path, str, int]]:
    """公開のフォルダー、その月、その版。古い順。"""
    found = [
        (folder, FOLDER.fullmatch(folder.name)) for folder in reports.iterdir() if folder.is_dir()
    ]
    named = [(folder, match[1], int(match[2] or 1)) for folder, match in found if match]
    yield from sorted(named, key=lambda one: (one[1], one[2]))


def read_page(folder: Path, month: str, revision: int, employer: str) -> Page:
    """その事業所のフォルダーと、広く配る版の、その事業所の行。"""
    page = Page(folder.name, month, revision)
    for path in sorted((folder / "employers" / employer).glob("*.csv")):
        rows = read_rows(path)
        if rows and "month" in rows[0]:
            page.tables[path.stem.partition("_")[0]] = {row["month"]: row for row in rows}
    wide = folder / "management" / "rates.csv"
    if wide.is_file():
        mine = [row for row in read_rows(wide) if row["employer_id"] == employer]
        page.tables["rates"] = {row["month"]: row for row in mine}
    shown = page.tables.get("trend", {}).items()
    page.members = {
        one: int(row["members"]) for one, row in shown if row.get("members", "").isdigit()
    }
    html = folder / "employers" / employer / "index.html"
    if html.is_file() and (tile := MEMBERS_TILE.search(html.read_text(encoding="utf-8"))):
        page.members[month] = int(tile[1].replace(",", ""))
    return page


# ---- 公開されたはずの加入者を、頭数から作り直す


def exact(heads: Series, objectors: int, _: Series) -> Series:
    return {month: people - objectors for month, people in heads.items()}


def rounded(heads: Series, objectors: int, _: Series) -> Series:
    return {month: to_multiple(people - objectors) for month, people in heads.items()}


def sticky(heads: Series, objectors: int, before: Series) -> Series:
    """動きにくい概数の元。前の公開の元 before があればそこから、新しい月は前の月から、BASE の倍数だけ動く。"""
    found: Series = {}
    last = None
    for month in sorted(heads):
        now = heads[month] - objectors
        last = moved(before.get(month, now if last is None else last), now)
        found[month] = last
    return found


def moved(old: int, now: int) -> int:
    size = abs(now - old)
    steps = (size + (BASE - 1) // 2) // BASE * BASE if size >= LEAST else 0
    return max(old + steps if now >= old else old - steps, old % BASE)


def to_multiple(count: int) -> int:
    return (count + BASE // 2) // BASE * BASE


def itself(count: int) -> int:
    return count


RULES: tuple[tuple[Callable[[Series, int, Series], Series], Callable[[int], int]], ...] = (
    (exact, itself),
    (rounded, itself),
    (sticky, to_multiple),
)
"""（元の作り方、見せ方）。"""


def explanations(pages: list[Page], heads: Series) -> list[set[int]]:
    """公開ごとに、それまでの全てのページと合う、申し出た人の数。どの規則でも合わなければ空。"""
    found: list[set[int]] = [set() for _ in pages]
    for make, show in RULES:
        # 公開のたびに人数は変わりうる。ありうる（元、いまの人数）を、公開の順に全て残していく
        states: list[tuple[Series, int]] = [({}, 0)]
        for at, page in enumerate(pages):
            known = {month: people for month, people in heads.items() if month in page.members}
            nexts = [(make(known, d, before), d) for before, _ in states for d in range(MOST + 1)]
            states = [
                (basis, d)
                for basis, d in nexts
                if all(show(basis[m]) == page.members[m] for m in known)
            ]
            states = distinct(states)
            found[at] |= {d for _, d in states}
    return found


def distinct(states: Iterable[tuple[Series, int]]) -> list[tuple[Series, int]]:
    return list({(tuple(basis.values()), d): (basis, d) for basis, d in states}.values())


# ---- いちど公開した月が、変わったか


def rewritten(pages: list[Page]) -> list[str]:
    """いちばん新しいページの、前の月の行のうち、前に公開したものと違うもの（表の名と月）。訂正の版を出した月は、数えない。"""
    *earlier, now = pages
    corrected = {page.month for page in pages if page.revision > 1}
    found = []
    for name, rows in now.tables.items():
        for month in sorted(set(rows) - corrected):
            olds = [
                page.tables[name][month] for page in earlier if month in page.tables.get(name, {})
            ]
            if olds and differs(olds[-1], rows[month]):
                found.append(f"{name} {month}")
    return found


def differs(old: Row, new: Row) -> bool:
    return any(
        old[column] != new.get(column)
        for column in old
        if column not in ("employer_id", "employer")
    )


# ---- 水準とリスト


def unlisted_at_least(page: Page) -> int:
    """水準から分かる未登録者の最少から、リストの人を引いた数。0 なら、何も分からない。"""
    shown, lists = (page.tables.get(name, {}).get(page.month) for name in ("trend", "lists"))
    if not shown or not lists or not shown.get("level"):
        return 0
    value, members = int(shown["level"]), int(shown["members"])
    highest = 100 if shown["bound"] == "以上" else min(100, value + int(shown["tolerance"] or 0))
    fewest_unregistered = members - members * highest // 100
    return max(0, fewest_unregistered - int(lists["link"]) - int(lists["renew_then_link"]))


def attack(pages: list[Page], employer: str, heads: Series) -> list[Finding]:
    """一つの事業所の、公開の順のページから、公開ごとに分かること。"""
    fits = explanations(pages, heads)
    return [finding(pages[: at + 1], employer, fits[at]) for at in range(len(pages))]


def finding(pages: list[Page], employer: str, fits: set[int]) -> Finding:
    changed = rewritten(pages)
    why = []
    if pages[-1].members and 0 not in fits:
        why.append("申し出た人がいないとすると、頭数と加入者が合わない")
    if changed:
        why.append(f"前に公開した月が変わった：{'、'.join(changed)}")
    verdict = "seen" if why else "none"
    objectors = " ".join(map(str, sorted(fits)))
    return Finding(
        employer,
        pages[-1].release,
        verdict,
        objectors,
        "／".join(why),
        unlisted_at_least(pages[-1]),
    )


def findings(reports: Path, heads: dict[str, Series]) -> list[Finding]:
    """全ての事業所と公開について。"""
    folders = list(releases(reports))
    found = []
    for employer in sorted(heads):
        pages = [read_page(*folder, employer) for folder in folders]
        found += attack(
            [page for page in pages if page.members or page.tables], employer, heads[employer]
        )
    return found


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="頭数と、公開されたファイルだけから、申し出た人がいるかを当てる"
    )
    parser.add_argument("reports", type=Path, help="公開のフォルダー（reports）")
    parser.add_argument("heads", type=Path, help="頭数の CSV（month, employer_id, members）")
    chosen = parser.parse_args(arguments)
    out = csv.writer(sys.stdout)
    out.writerow(["employer_id", "release", "verdict", "objectors", "why", "unlisted_at_least"])
    for one in findings(chosen.reports, read_heads(chosen.heads)):
        out.writerow([one.employer, one.release, one.verdict, one.objectors, one.why, one.unlisted])


if __name__ == "__main__":
    main()
