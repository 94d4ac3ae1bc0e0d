"""共同利用のお知らせのページ：法があらかじめ知らせることを求める ①〜⑤ と、同意しない人の申出先。

どの文も、設定（params）から作る。節の中身は値として作るので、公開の点検（release/gate.py）も同じものを読む。
Source: 個人情報の保護に関する法律 第27条第5項第3号。
"""

from collections.abc import Iterator

from mynalib.domain.months import day_label
from mynalib.domain.shipped import shipped_yaml
from mynalib.domain.society import demo_suffix
from mynalib.insight import display

FORMS = ("objection", "withdrawal")
"""用紙の名（同じフォルダーの HTML の名のはじめ）。"""
Cells = list[list[str]]


def said(name: str) -> dict:
    """お知らせの言葉（insight/notice.yaml）の、一つのまとまり。"""
    return shipped_yaml("insight", "notice")[name]


class NoticePage:
    """お知らせの節。facts はカプセルの facts（capsules/notice.py の notice_facts と、society、demo）。"""

    def __init__(self, facts: dict):
        self.facts = facts

    def about(self) -> None:
        """① 何のためか、② 共同利用すること。"""
        _title("about")
        _lines(self.what_and_why())

    def items(self) -> None:
        """③ 項目とコード。"""
        _title("items")
        self._table("items", self.item_rows())
        _lines([said("returned")])

    def parties(self) -> None:
        """④ だれがいっしょに使うか。"""
        _title("parties")
        self._table("parties", self.party_rows())
        self._table("parties", self.society_rows(), "society_")

    def responsible(self) -> None:
        """⑤ 責任者。"""
        _title("controller")
        self._table("controller", self.controller_rows())
        _lines([said("controller")["each"]])

    def objecting(self) -> None:
        """申出先と、用紙。"""
        _title("objecting")
        _lines(self.how_to_object())
        self._table("doors", self.door_rows())
        forms = said("forms")
        # 見直しの日を過ぎたお知らせの用紙では、何に同意しないのかが違ってしまう
        for name in FORMS if not self.facts["stale"] else ():
            href = f"{name}{demo_suffix(self.facts['demo'])}.html"
            display.show("link", text=f"{forms['link']}：", href=href, label=forms[name])

    def versions(self) -> None:
        """言葉と、版と、公表。"""
        words = said("words")
        display.show("answers", title=words["caption"], pairs=words["pairs"])
        _title("versions")
        _lines(self.version_lines())

    # 節の中身（値）

    def what_and_why(self) -> list[str]:
        """① と ② の文。"""
        facts = self.facts
        if facts["stale"]:
            return [said("stale")]
        values = {"society": facts["society"], "effective": day_label(facts["effective"])}
        lines = [line.format(**values) for line in said("about")]
        for kind, one in facts["purposes"].items():
            items = "、".join(one["items"])
            lines.append(said("purposes")[kind].format(purpose=one["purpose"], items=items))
        given = "・".join(facts["given"])
        used = "、".join(facts["not_used_for"]) or "ほかの目的"
        lines += [said("origin"), self._family()]
        lines += [line.format(columns=given) for line in said("given")]
        lines += [line.format(not_used_for=used) for line in said("promises")]
        return [*lines, said("voluntary")]

    def _family(self) -> str:
        told = self.facts["dependants_notified_on"]
        return said("family")[self.facts["dependants"]].format(on=day_label(told) if told else "")

    def item_rows(self) -> Cells:
        """項目の表。番号と項目の名は、一つの升に、離れない空白をはさんで書く。升の中の改行は、ページでも改行になる。"""
        words = said("items")
        return [
            [
                f"{number}\N{NO-BREAK SPACE}{item['label']}",
                item["meaning"],
                "\n".join(words["code"].format(value=v, meaning=m) for v, m in item["codes"])
                or words["no_code"],
            ]
            for number, item in enumerate(self.facts["items"], 1)
        ]

    def party_rows(self) -> Cells:
        """事業所の表。"""
        return [_party_cells(one) for one in self.facts["parties"]]

    def society_rows(self) -> Cells:
        """健保組合の行。"""
        own = self.facts["society_row"]
        missing = {"name": self.facts["society"], "departments": [], "title": "", "phone": ""}
        return [_party_cells(own or missing)]

    def controller_rows(self) -> Cells:
        """責任者の表。書いていないものは、そう言う。"""
        words = said("controller")
        own = self.facts["society_row"]
        rows = [
            [words[name], self.facts["controller"][name].strip() or words["missing"]]
            for name in ("name", "address", "representative")
        ]
        return [*rows, *([[words["contact"], own["phone"]]] if own and own["phone"] else [])]

    def how_to_object(self) -> list[str]:
        """申出のこと。お子さまのことは、いまの決まりか、組合の方針があるときだけ。"""
        lines = [*said("objecting")]
        if self.facts["under_16"] == "guardian":
            lines.append(said("children")["guardian"])
        # まだ効いていない法の決まりを、いまの決まりのように書かない
        elif self.facts["under_16_now"]:
            lines.append(said("children")["now"])
        return lines

    def door_rows(self) -> Cells:
        """申出先の表。"""
        words = said("doors")
        return [
            [door["to"], door["contact"], door["how"] or words["unsaid"]]
            for door in self.facts["doors"]
        ]

    def version_lines(self) -> list[str]:
        """版と公表。"""
        facts = self.facts
        lines = [
            said("version").format(
                version=facts["version"], effective=day_label(facts["effective"])
            )
        ]
        for one in facts["former"]:
            since = day_label(one["since"]) if one["since"] else ""
            values = {"version": one["version"], "since": since, "until": day_label(one["until"])}
            lines.append(said("former").format(**values))
        places = [f"{one['channel']}（{day_label(one['on'])}）" for one in facts["published"]]
        return [*lines, *([said("published").format(places="、".join(places))] if places else [])]

    def sheet_version(self) -> str:
        """用紙の足もと。"""
        return said("sheets")["version"].format(version=self.facts["version"])

    # 公開の点検（release/gate.py）が、ページにあってよい文として読む。節を足したら、ここにも足す
    def texts(self) -> Iterator[str]:
        """ページと用紙に出る、設定から作った全ての文と升。"""
        for part in (self.what_and_why, self.how_to_object, self.version_lines):
            yield from part()
        for rows in (self.item_rows, self.party_rows, self.society_rows):
            yield from (line for row in rows() for cell in row for line in cell.split("\n"))
        for rows in (self.controller_rows, self.door_rows):
            yield from (cell for row in rows() for cell in row)
        yield from (self.caption("items"), self.caption("parties"), said("returned"))
        yield from (text for pair in said("words")["pairs"] for text in pair)
        yield from said("forms").values()
        yield self.sheet_version()

    def caption(self, name: str, prefix: str = "") -> str:
        """表の題。"""
        return said(name)[f"{prefix}caption"].format(count=len(self.facts.get(name, ())))

    def _table(self, name: str, rows: Cells, prefix: str = "") -> None:
        # 古いお知らせでも、申出先だけは、いつでも分かるように
        if self.facts["stale"] and name != "doors":
            return
        heads = said(name)[f"{prefix}columns"]
        display.show("facts", caption=self.caption(name, prefix), heads=heads, rows=rows)


def _title(name: str) -> None:
    display.show("title", text=said("titles")[name], anchor=name)


def _lines(lines: list[str]) -> None:
    display.show("lines", lines=lines)


def _party_cells(party: dict) -> list[str]:
    missing = said("parties")["missing"]
    cells = ["\n".join(party["departments"]), party["title"], party["phone"]]
    return [party["name"], *(cell or missing for cell in cells)]
