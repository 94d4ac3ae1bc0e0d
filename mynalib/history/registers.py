"""人が付ける名簿（不同意・解除の申請・連絡しない人・要確認への判断）。読めなければ、取込も公開も止める。"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.params import Params
from mynalib.domain.person import PersonKey
from mynalib.domain.succession import Succession, same_person, successions
from mynalib.history import clock
from mynalib.history.files import write_file
from mynalib.history.home import Home
from mynalib.history.register_cells import KEY, Wrong, read_day, read_key
from mynalib.history.sheets import SheetUnreadable, read_sheet, with_rows

NEW_KEY = ("新記号", "新番号", "新枝番")
DECISION = ("判断", "判断者", "判断日")
"""decisions だけの列。"""
HEADER = (*KEY, "申出日")
DECISIONS = (*KEY, *DECISION)
OPTIONAL = ("受付", "撤回日", "処理", *NEW_KEY)
CHOICES: dict[str, list[str]] = {
    "受付": ["", "健保", "事業所"],
    "処理": ["", "退職", "転籍", "未収録"],
    "判断": ["", "退職", "可", "確認中", "否"],  # あとのものほど、控える
}
"""値の決まった列と、書いてよい値（"" は空欄）。"""
REGISTER_REASONS: dict[str, str] = {
    "optout": "optout",
    "pending_cancellation": "pending",
    "never_contact": "never_contact",
    # いなくなった人の代わりに疑われている人を、控えなくてよい（contradictions.py）。その鍵の人には、何も効かない
    "退職": "allowed",
    "可": "allowed",
    "確認中": "kept_back",
    "否": "never_contact",
}
"""名簿か判断から、控える理由（WITHHELD の名か ALLOWED）へ。"""
ALLOWED = REGISTER_REASONS["可"]
"""控える理由ではなく、「食い違いを確かめたので、控えなくてよい」。"""
LEFT = "退職"
"""decisions の判断：食い違いを覚えている人が、番号が変わったのではなく、いなくなったのだと確かめた。"""


class RegisterUnreadable(MynaError):
    """設定にある名簿が、無いか読めない。「誰も申し出ていない」とはみなさない。"""

    code = "OPTOUT_UNREADABLE"
    what = "読めないところがあります"
    fix = "名簿を直すか、バックアップから戻して、もう一度実行してください。既存のデータは変わっていません。"


@dataclass(frozen=True)
class Entry:
    """名簿の一行。

    decisions の行だけ、filed_on が判断日、verdict が判断になる。
    """

    register: str
    line: int
    key: PersonKey
    new_key: PersonKey | None
    filed_on: date | None
    withdrawn_on: date | None
    handled: str
    verdict: str = ""
    other_keys: tuple[PersonKey, ...] = ()
    """設定が記号を引きついでいる（succession.py）、同じ人の、ほかの月の鍵。"""

    @property
    def written_keys(self) -> tuple[PersonKey, ...]:
        """名簿に書いてある鍵。"""
        return (self.key,) if self.new_key is None else (self.key, self.new_key)

    @property
    def keys(self) -> tuple[PersonKey, ...]:
        """その人の全ての鍵（ほかの月の鍵も）。"""
        return tuple(dict.fromkeys((*self.written_keys, *self.other_keys)))

    @property
    def reason(self) -> str:
        return REGISTER_REASONS[self.verdict or self.register]

    def in_force(self, today: date) -> bool:
        return self.withdrawn_on is None or self.withdrawn_on > today


def read_registers(home: Home, params: Params) -> tuple[Entry, ...]:
    """控える人を決める、設定にある全ての名簿の、全ての行。

    Raises:
        RegisterUnreadable: 名簿が無い、文字として読めない、列や値が決まりに合わない（誤りは全て一度に）。
    """
    entries = []
    problems = []
    for name, path in params.society.registers.of_holds().items():
        found, wrong = _read(name, home.root / path)
        entries += found
        problems += wrong
    if problems:
        raise RegisterUnreadable(where="名簿", problems=problems)
    chains = successions(params)
    return tuple(followed(entry, chains) for entry in entries)


def append_rows(home: Home, params: Params, name: str, rows: Sequence[dict[str, str]]) -> None:
    """名簿のおわりに、行を足す。人の書いた行は、そのまま。読めない名簿には、足さない。

    Args:
        rows: 列の名から値へ。見出しにない列の値は、見出しのおわりに列を足して書く。
    Raises:
        RegisterUnreadable: 名簿が設定にないか、読めない。
    """
    target = register_file(home, params, name)
    try:
        write_file(target, with_rows(target, rows))
    except SheetUnreadable as error:
        raise RegisterUnreadable(where=target.name, what=str(error)) from None


def register_file(home: Home, params: Params, name: str) -> Path:
    """名簿のファイルの場所。

    Raises:
        RegisterUnreadable: 名簿が設定にない。
    """
    path = params.society.registers.named().get(name)
    if path is None:
        what = (
            f"society.yaml の registers に、{name}: の行がありません。書く先がないので、写せません"
        )
        raise RegisterUnreadable(where=name, what=what)
    return home.root / path


def followed(entry: Entry, chains: Sequence[Succession]) -> Entry:
    """記号が引きつがれていれば、ほかの月の鍵も持つ行。"""
    others = tuple(other for key in entry.written_keys for other in same_person(key, chains))
    return replace(entry, other_keys=others) if others else entry


def _read(name: str, path: Path) -> tuple[list[Entry], list[Problem]]:
    """一つの名簿の、読めた行と、全ての誤り。"""
    entries = []
    problems = []
    try:
        decided = name == "decisions"
        rows = (
            read_sheet(path, DECISIONS, ("処理",))
            if decided
            else read_sheet(path, HEADER, OPTIONAL)
        )
    except SheetUnreadable as error:
        return [], [Problem(path.name, str(error))]
    for line, row in rows:
        entry, wrong = _entry(name, line, row)
        entries += [entry] if entry and not wrong else []
        problems += [
            Problem(f"{path.name} {line} 行目「{column}」", what) for column, what in wrong
        ]
    return entries, problems


def _entry(name: str, line: int, row: dict[str, str]) -> tuple[Entry | None, list[Wrong]]:
    """一行を読む。誤りがあれば、全ての誤り。"""
    # 表ごとに列が違う。ない列も空欄にして、同じに読む
    row = dict.fromkeys((*HEADER, *OPTIONAL, *DECISION), "") | row
    key, wrong = read_key(row, KEY)
    # 「転籍」なのに新しい鍵がなければ、書き忘れ。空の鍵として読み、誤りを言う
    has_new = any(row[column] for column in NEW_KEY) or row["処理"] == "転籍"
    new_key, new_wrong = read_key(row, NEW_KEY) if has_new else (None, [])
    dates = {column: read_day(row[column]) for column in ("申出日", "撤回日", "判断日")}
    # 名簿には申出日だけ、判断の表には判断日だけがある
    filed_on = dates["申出日"] or dates["判断日"]
    withdrawn_on = dates["撤回日"]
    wrong += new_wrong + _undecided(name, row, dates["判断日"])
    wrong += [
        (column, "日付ではありません（例 2026-04-01）")
        for column, day in dates.items()
        if day == "?"
    ]
    if isinstance(filed_on, date) and isinstance(withdrawn_on, date) and withdrawn_on < filed_on:
        wrong.append(("撤回日", "申出日より前です"))
    # 書いてある値は言わない。書いてよい値を言う（tests/history/test_registers.py）
    choices = [
        (column, allowed[1:]) for column, allowed in CHOICES.items() if row[column] not in allowed
    ]
    wrong += [(column, f"{'・'.join(allowed)} のいずれかです") for column, allowed in choices]
    if wrong:
        return None, wrong
    return Entry(name, line, key, new_key, filed_on, withdrawn_on, row["処理"], row["判断"]), []


def _undecided(name: str, row: dict[str, str], day: date | str | None) -> list[Wrong]:
    """判断の行に足りないもの。先の日付の判断は、そのあとに変わった事実まで認めたことになるので断る。"""
    if name != "decisions":
        return []
    wrong = [(column, "書いてありません") for column in DECISION if not row[column]]
    return wrong + (
        [("判断日", "先の日付です")] if isinstance(day, date) and day > clock.today() else []
    )
