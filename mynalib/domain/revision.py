"""版：公開した月を作り直したときに、読む人に知らせること（第何版、いつ、何が変わり、なぜか）。"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from mynalib.domain.months import day_label

# 公開し直すわけ
CORRECTED = "corrected"
NOT_HANDED_OVER = "not_handed_over"
LISTS_ADDED = "lists_added"
RESTORED = "restored"
AFTER_WITHDRAWAL = "after_withdrawal"
# リストを作り直すわけは、どれも同じ言葉にする。申出があったことを、だれにも知らせないため
_WHY = {
    NOT_HANDED_OVER: "リストを作り直しました。",
    LISTS_ADDED: "リストを作り直しました。",
    RESTORED: "前の版のファイルが失われたので、作り直しました。",
    AFTER_WITHDRAWAL: "前の版を取り下げたので、作り直しました。",
}
NOTHING_CHANGED = "載せた数は、前の版と同じです。"


@dataclass(frozen=True)
class Revision:
    """第二版からの、一つの版。

    made は作った日（2026-11-22）、replaces は置きかえる版の名、kind は作り直すわけ、because は人の書いたわけ（corrected のとき）、
    changed は変わったもの（ファイル、設定など）。changes は、読み手（internal、wide、事業所のコード）から、載せた数の変わりかたの
    文へ。まだ比べていなければ None。not_handed_over は、前の版のリストを、健保の外のだれもまだ受け取っていないと記録して作ったか。
    """

    version: int
    made: str
    replaces: str
    kind: str
    because: str = ""
    changed: tuple[str, ...] = ()
    not_handed_over: bool = False
    changes: Mapping[str, list[str]] | None = None

    @classmethod
    def of(cls, facts: Mapping | None) -> "Revision | None":
        """manifest か台帳に書いた形から。第一版（None）なら None。"""
        if facts is None:
            return None
        # 前の道具が書いた manifest には、あとからできた項目がなく、逆に、もう使わない項目もありうる
        known = {each.name: facts[each.name] for each in fields(cls) if each.name in facts}
        return cls(**known | {"changed": tuple(facts.get("changed", ()))})

    def facts(self, *, with_changes: bool = True) -> dict:
        """manifest（with_changes）か台帳に書く形。"""
        found = asdict(self) | {"changed": list(self.changed)}
        return (
            found
            if with_changes
            else {name: value for name, value in found.items() if name != "changes"}
        )

    @property
    def made_on(self) -> str:
        """作った日（2026年11月22日）。"""
        return day_label(self.made)

    @property
    def why(self) -> str:
        """なぜ作り直したか。"""
        return f"わけ：{self.because}" if self.because else _WHY.get(self.kind, "訂正しました。")

    @property
    def told(self) -> list[str]:
        """どの読み手にも同じに知らせること。"""
        name = f"（{self.replaces}）" if self.replaces else ""
        lines = [
            f"第{self.version}版（{self.made_on}に作成）です。前の版{name}は、使わないでください。",
            self.why,
        ]
        return [*lines, *([f"変わったもの：{'、'.join(self.changed)}"] if self.changed else [])]

    def lines(self, reader: str) -> list[str]:
        """その読み手に知らせること。"""
        changes = (self.changes or {}).get(reader, [])
        # リストを作り直しただけの版では、「数は同じ」とも言わない
        if self.kind == CORRECTED and self.changes is not None:
            changes = changes or [NOTHING_CHANGED]
        return [*self.told, *changes]
