"""設定のどの項目も、その型の外の、名のある読み手が読む。読まれない設定は、守られない約束である。

読み手は tests/facts/settings_readers.csv にある。組合のひと月（取込、点検、公開、手渡し、消去）を動かし、その項目をそのモジュールが
本当に読むのを見る（how は seen）。まとめて辞書にして渡す項目（how が key）は、そのモジュールが、その鍵で引くのを、コードで確かめる。
"""

import ast
import csv
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from types import FrameType
from typing import get_args

import pytest
from pydantic import model_validator
from societies import MONTHS, SmallSociety, everybody

from mynalib.domain.errors import MynaError
from mynalib.domain.fields import Settings
from mynalib.domain.params import FILES, load_params
from mynalib.history import clock
from mynalib.history.home import Home, shipped
from mynalib.reminders.recipients import require_meant
from mynalib.verbs.benchmarks import take_in_benchmarks
from mynalib.verbs.check import check_home
from mynalib.verbs.handover import Request, hand_over_list
from mynalib.verbs.publish import publish
from mynalib.verbs.purge import purge

pytestmark = pytest.mark.large

ROOT = Path(__file__).parents[2]
with (ROOT / "tests" / "facts" / "settings_readers.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
KEY = "key"
CHANGED = (
    ("employers/E03.yaml", '"103"', '"103", numbers: {from: "1", to: "9999999"}'),
    ("joint_use.yaml", "under_16: {policy: undecided}", "under_16: {policy: guardian}"),
    ("benefits.yaml", "multiple: 44400", "multiple: 999999"),
)
"""見本の設定では読まれないところを、読ませる直し。"""
NATIONAL = """年月,指標名,値
2026/9/1,マイナンバーカード_保有枚数,100000000
2026/9/1,マイナ保険証_利用登録件数,{registered}
"""


def models() -> dict[str, type[Settings]]:
    """設定の型の全て。"""
    found: dict[str, type[Settings]] = {}
    waiting = list(FILES.values())
    while waiting:
        model = waiting.pop()
        if model.__name__ not in found:
            found[model.__name__] = model
            fields = model.model_fields.values()
            waiting += [inner for field in fields for inner in within(field.annotation)]
    return found


def within(annotation: object) -> Iterator[type[Settings]]:
    """注釈の中の、設定の型。"""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for part in get_args(annotation):
        yield from within(part)


def test_the_table_names_every_field_once():
    named = [(row["model"], row["field"]) for row in ROWS]
    fields = {(name, field) for name, model in models().items() for field in model.model_fields}
    assert len(named) == len({*named}) and {*named} == fields


@pytest.fixture(scope="module")
def readers(tmp_path_factory, _small) -> set[tuple[str, str, str]]:
    """ひと月を動かすあいだに、だれが何を読んだか。(型, 項目, モジュール)。"""
    home = Home(Path(shutil.copytree(_small, tmp_path_factory.mktemp("read") / "home")))
    return seen_in(lambda: two_months(SmallSociety(home)))


def seen_in(act: Callable[[], None]) -> set[tuple[str, str, str]]:
    """act のあいだに読まれた項目。その型の中で読むものは、それを呼んだモジュールが読んだとみなす。"""
    seen: set[tuple[str, str, str]] = set()
    dump = Settings.model_dump

    def read(self: Settings, name: str) -> object:
        if name in type(self).__pydantic_fields__:
            note(self, [name])
        return object.__getattribute__(self, name)

    def dumped(self: Settings, **options: object) -> dict:
        note(self, type(self).__pydantic_fields__)
        return dump(self, **options)

    def note(settings: Settings, names: Iterable[str]) -> None:
        reader = outside(type(settings), sys._getframe(2))
        seen.update((type(settings).__name__, name, reader) for name in names if reader)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings, "__getattribute__", read)
        patch.setattr(Settings, "model_dump", dumped)
        act()
    return seen


def outside(model: type[Settings], frame: FrameType | None) -> str:
    """その型（と、その元の型）の外の、はじめのモジュール。設定を読み取る途中（pydantic の検査）なら、""。"""
    own = tuple(f"{one.__name__}." for one in model.__mro__)
    while frame:
        module, name = frame.f_globals["__name__"], frame.f_code.co_qualname
        if module.startswith("pydantic"):
            return ""
        if module.startswith("mynalib") and not name.startswith(own):
            return module
        frame = frame.f_back
    return ""


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) >= 1
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def two_months(society: SmallSociety) -> None:
    """点検、取込、公開、手渡し、国の表、次の月の公開、消去。"""
    home = society.home
    for name, before, after in CHANGED:
        change(home.params / name, before, after)
    params = load_params(home.params)
    master = "a long master"
    society.ingest(MONTHS[1], everybody()[1:], replace=True)
    for day in (clock.today(), date(2027, 6, 15)):  # 二度目は、日付で終わる決まりが、もうすぐ終わる
        with clock.on(day):
            check_home(home)
    publish(home, params, MONTHS[1])
    hand_over_list(home, params, Request("E02", "企画部", "社内便"), lambda _: master)
    with pytest.raises(MynaError):
        plain = Request("E01", "総務人事部（駐在を含む）", "社内便", plain=True)
        hand_over_list(home, params, plain, lambda _: master)
    shipped_employers = load_params(shipped("params")).employers
    for one in shipped_employers:
        require_meant(one, shipped_employers, one.name)
    for registered in (90_000_000, 91_000_000):  # 二度目は、入れた行を直す
        file = home.inbox / "national.csv"
        file.write_text(NATIONAL.format(registered=registered), encoding="utf-8-sig")
        take_in_benchmarks(home, file, 120_000_000)
    with clock.on(date(2026, 12, 10)):
        society.ingest(MONTHS[1].plus(1), everybody()[2:], confirm=("STALE_COPY",))
        publish(home, load_params(home.params), MONTHS[1].plus(1), because="理由")
        purge(home, params)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['model']}.{row['field']}")
def test_each_field_is_read_by_the_reader_that_is_named(readers, row):
    field = row["model"], row["field"]
    if row["how"] == KEY:
        assert row["field"] in keys_of(ROOT / (row["reader"].replace(".", "/") + ".py"))
    else:
        assert row["reader"] in {reader for *read, reader in readers if tuple(read) == field}


def keys_of(path: Path) -> set[str]:
    """そのモジュールが、辞書を引く鍵（x["鍵"]）。"""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    }


def test_a_field_is_read_by_who_calls_its_model_and_not_by_its_own_check():
    class Planted(Settings):
        own: int = 1
        validated: int = 2

        @model_validator(mode="after")
        def check(self) -> "Planted":
            assert self.validated
            return self

        def twice(self) -> int:
            return 2 * self.own

    caller = {"__name__": "mynalib.planted", "Planted": Planted}
    exec("def use():\n    return Planted().twice()", caller)
    assert {read for read in seen_in(caller["use"]) if read[0] == "Planted"} == {
        ("Planted", "own", "mynalib.planted")
    }
