"""tests/cases の一つの事例を、本物の置き場所で、公開の入口（関数か命令）から動かし、外から見えることを集める。"""

import csv
import json
import re
import shutil
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pandas as pd
from commands import myna
from months import params_of

from mynalib.capsules.catalogue import EDITIONS
from mynalib.capsules.editions import make_capsule
from mynalib.capsules.publication import Publication, open_publication
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.history.months import kept_months
from mynalib.insight import measures
from mynalib.insight.capsule import Capsule
from mynalib.jobs.running import Running
from mynalib.verbs.ingest import ingest
from mynalib.verbs.init import found
from mynalib.verbs.publish import publish

CASES = Path(__file__).parents[1] / "cases"
CONTRACT = json.loads((CASES / "cases.json").read_text(encoding="utf-8"))
BY_ID = {case["id"]: case for case in CONTRACT["cases"]}
TODAY = "2026-07-01"  # 約束の時計
CONFIRMED = ("STALE_COPY",)  # force_same_bytes：人が、同じ中身でよいと確かめた
BYSTANDER = "E19"  # どの事例でも公開する、ほかの事業所
TRAPPED = (
    "society.yaml",
    "joint_use.yaml",
    "employers/E01.yaml",
    "benefits.yaml",
    "benchmarks.yaml",
)
ACTIONS = {"never": "none", "card_info": "none", "none": "none", "renew_then_link": "renew"}
PEOPLE = """
select month, symbol || '/' || number || '/' || branch as key, symbol_key || '/' || number_key || '/' || branch as who,
    employer_id, action, status, state, registered_on::varchar as registered_on, cancelled_on::varchar as cancelled_on,
    cancel_kind, certificate_flag
from person order by month, key
"""
FACTS = [
    "key",
    "employer_id",
    "action",
    "status",
    "state",
    "registered_on",
    "cancelled_on",
    "cancel_kind",
]


@dataclass
class Run:
    """動かした一つの事例。said は画面とエラーの文の全て、people は取り込んだ全ての月の人（列は PEOPLE）。"""

    case: Mapping[str, Any]
    room: Path
    home: Home
    trap: str | None = None
    steps: list[dict] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    people: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=[*FACTS, "month", "who"])
    )
    release: Path | None = None
    outside: set[str] = field(default_factory=set)

    @property
    def params(self) -> Params:
        return params_of(self.home)

    @property
    def folder(self) -> Path:
        return CASES / self.case["dir"]

    @property
    def month(self) -> Month:
        """公開する月：取り込めた、いちばん新しい月。なければ、取り込もうとした月。"""
        months = [kept.month for kept in kept_months(self.home)]
        return max(months) if months else Month.parse(steps_of(self.case)[-1]["month"])

    def new_files_outside(self) -> set[str]:
        return _names(self.room, self.home.root) - self.outside


def steps_of(case: Mapping[str, Any]) -> list[dict]:
    """事例の段。段のない事例（設定の罠）では、よいファイルを取り込もうとする。"""
    trapped = {"file": "../E01/in.csv", "month": "2026-05", "expect": case.get("expect")}
    return case["steps"] or [trapped]


def inputs_of(case: Mapping[str, Any]) -> list[Path]:
    return [CASES / case["dir"] / step["file"] for step in steps_of(case)]


# 置き場所を作る ------------------------------------------------------------------------------------


def prepare(case: Mapping[str, Any], room: Path, trap: str | None = None) -> Run:
    """その事例の置き場所を、room の中に作る。"""
    home = found(room / "置き場所" / "home")
    run = Run(case, room, home, trap)
    own = run.folder / "registry.csv"
    write_registry(home, registry(own if own.exists() else CASES / "registry.csv"))
    if trap:
        (home.params / trap).write_bytes((run.folder / "params.yaml").read_bytes())
    if "optout.csv" in case["files"] and not any("with" in step for step in case["steps"]):
        hand_in(run, "optout.csv")
    for name in case.get("config", {}):
        CONFIG[name](run)
    run.outside = _names(room, home.root)
    return run


def registry(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_registry(home: Home, rows: list[dict[str, str]]) -> None:
    """登録簿の表を、params/employers/*.yaml と society.yaml の no_employer に書く。"""
    for path in (home.params / "employers").iterdir():
        path.unlink()
    for number, code in enumerate(
        dict.fromkeys(row["事業所コード"] for row in rows if row["事業所コード"])
    ):
        own = [row for row in rows if row["事業所コード"] == code]
        name = code if code.isalnum() else f"X{number}"
        (home.params / "employers" / f"{name}.yaml").write_text(_employer(own), encoding="utf-8")
    without = [
        {"symbol": row["記号"], "kind": row["事業所名"]} for row in rows if not row["事業所コード"]
    ]
    society = home.params / "society.yaml"
    text = society.read_text(encoding="utf-8")
    text, changed = re.subn(
        r"^no_employer:.*\n(  .*\n)*", f"no_employer: {_yaml(without)}\n", text, flags=re.MULTILINE
    )
    assert changed == 1
    society.write_text(text, encoding="utf-8")


def _employer(rows: list[dict[str, str]]) -> str:
    symbols = ", ".join(f"{{symbol: {_yaml(row['記号'])}, from: 2020-04-01}}" for row in rows)
    notified = "true" if rows[0]["共同利用"] == "1" else "false"
    return (
        f"id: {_yaml(rows[0]['事業所コード'])}\nname: {_yaml(rows[0]['事業所名'])}\nsymbols: [{symbols}]\n"
        f'notified: {notified}\nscope: [総務部]\nresponsible: {{title: 総務部長}}\nphone: "03-0000-0000"\n'
    )


def _yaml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def hand_in(run: Run, name: str) -> None:
    """不同意の名簿が届く。"""
    (run.home.registers / "optout.csv").write_bytes((run.folder / name).read_bytes())


def _remove_optout(run: Run) -> None:
    """設定には名があるが、ファイルはない。"""
    assert "optout.csv" in run.params.society.registers.optout
    (run.home.registers / "optout.csv").unlink()


CONFIG = {"optout": _remove_optout}


def _names(room: Path, besides: Path) -> set[str]:
    return {
        str(path.relative_to(room)) for path in room.rglob("*") if not path.is_relative_to(besides)
    }


# 動かす ------------------------------------------------------------------------------------------


def play(run: Run, by_command: bool = False) -> Run:
    """全ての段を動かし、一段ごとに見えたことを run.steps に足す。"""
    for step in steps_of(run.case):
        if "with" in step:
            hand_in(run, step["with"])
        before, people_before = contents(run.home), _everybody(run)
        newest = max((kept.month for kept in kept_months(run.home)), default=None)
        answer = (_by_command if by_command else _by_function)(run, step)
        seen = {
            "outcome": answer["outcome"],
            "refusal_class": answer["error"],
            "history_changed": contents(run.home) != before,
            "accepted": answer["accepted"] or _growth(run, people_before),
            "needs_confirmation": "--confirm" in answer.get("fix", ""),
            "backfill": newest is not None and Month.parse(step["month"]) < newest,
        }
        run.steps.append(
            seen | (_loaded(run, step, answer) if answer["outcome"] == "loaded" else {})
        )
    return run


def _by_function(run: Run, step: Mapping[str, Any]) -> dict:
    confirm = CONFIRMED if step.get("force_same_bytes") else ()
    try:
        return ingest(
            run.home,
            run.params,
            run.folder / step["file"],
            Month.parse(step["month"]),
            confirm=confirm,
        )
    except MynaError as error:
        run.said += [str(error), repr(error), traceback.format_exc()]
        return {"outcome": "refused", "error": error.code, "accepted": 0, "fix": error.fix}


def _by_command(run: Run, step: Mapping[str, Any]) -> dict:
    """`myna ingest … --json`。終了コードと、標準出力が一つの JSON であることも確かめる。"""
    words = [
        "ingest",
        run.folder / step["file"],
        "--month",
        step["month"],
        "--home",
        run.home.root,
        "--json",
    ]
    words += [
        word
        for gate in CONFIRMED * bool(step.get("force_same_bytes"))
        for word in ("--confirm", gate)
    ]
    done = myna(*words, cwd=run.room)
    said, wrote = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    run.said += [said, wrote]
    assert "Traceback" not in wrote
    answer = json.loads(said)  # 余分があれば、読めない
    assert said.count("\n") == 1
    assert done.returncode == (1 if answer["outcome"] == "refused" else 0)
    assert answer["outcome"] != "refused" or answer["error"]
    return answer


def try_to_publish(run: Run, **options: object) -> None:
    """公開する。人のいる事業所のはじめの四つと、ほかに一つを作る。断られたら、文だけを残す。"""
    try:
        params, month = run.params, run.month
        made = {
            BYSTANDER,
            *sorted(set(run.people.employer_id) & {one.id for one in params.notified(month)})[:4],
        }
        without = [one.id for one in params.notified(month) if one.id not in made]
        run.release = publish(
            run.home, params, month, without=without, running=Running(workers=2), **options
        ).folder
    except MynaError as error:
        run.said += [str(error), repr(error), traceback.format_exc()]


# 見る ---------------------------------------------------------------------------------------------


def contents(home: Home) -> dict[str, bytes]:
    """置き場所の全てのファイルの中身（錠のほか）。"""
    files = (path for path in home.root.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(home.root).as_posix(): path.read_bytes() for path in files}


def people(home: Home, month: Month) -> pd.DataFrame:
    """その月までの全ての人を、窓から見る。名簿と記憶も重ねる。"""
    publication = open_publication(home, params_of(home), month)
    with Lens(
        publication.opened.months, publication.opened.params, publication.opened.overlays.of_lists
    ) as lens:
        found = lens.answer(PEOPLE)
    return found.assign(action=found.action.map(lambda action: ACTIONS.get(action, action)))


def _everybody(run: Run) -> set[str]:
    """これまでに取り込んだ全ての月の、全ての人の行。設定が読めなくても数える。"""
    months = kept_months(run.home)
    if not months:
        return set()
    with Lens(months) as lens:
        rows = lens.answer("select month, symbol, number, branch from member")
    return {"/".join(row) for row in rows.to_numpy()}


def _growth(run: Run, before: set[str]) -> int:
    return len(_everybody(run) - before)


def _loaded(run: Run, step: Mapping[str, Any], answer: Mapping[str, Any]) -> dict:
    everybody = run.people = people(run.home, run.month)
    kept = next(kept for kept in kept_months(run.home) if str(kept.month) == step["month"])
    now = everybody[everybody.month == step["month"]]
    earlier = everybody[everybody.month < step["month"]]
    before = earlier[earlier.month == earlier.month.max()]
    with duckdb.connect() as db:
        quarantine = db.read_parquet(str(kept.quarantine)).select("line", "reason").fetchall()
    return {
        **{name: answer[name] for name in ("data_rows", "accepted", "quarantined", "reasons")},
        "kept": len(now),
        "kept_reasons": dict(Counter(reason for _, reason in quarantine)),
        "accepted_keys": set(now.key),
        "quarantined_lines": [line for line, _ in quarantine],
        "actions": dict(zip(now.key, now.action, strict=True)),
        "employer_of": {
            key: None if e == "NOEMPLOYER" else e
            for key, e in zip(now.key, now.employer_id, strict=True)
        },
        "dates": {
            key: day
            for key, day in zip(now.key, now.registered_on, strict=True)
            if isinstance(day, str)
        },
        "same_as": {one for one in _twins(step["expect"]) if facts(now) == facts_of(one)},
        "same_people_as_previous_month": not before.empty and set(before.who) == set(now.who),
        "employer_visible": {
            code: _visible(run, code, wanted)
            for code, wanted in step["expect"].get("employer_visible", {}).items()
        },
        "internal": _internal(run, step["expect"].get("internal", {})),
    }


def facts(table: pd.DataFrame) -> list[tuple]:
    """人の事実の全て。ファイルの中の行の位置は除く。"""
    return sorted(map(tuple, table[[*FACTS, "certificate_flag"]].astype("str").to_numpy().tolist()))


def _twins(expectation: Mapping[str, Any]) -> set[str]:
    choices = [expectation, *expectation.get("any_of", ())]
    return {choice["identical_to"] for choice in choices if "identical_to" in choice}


@cache
def facts_of(case_id: str) -> list[tuple]:
    """もとになる事例を、べつの置き場所に取り込んだときの事実。"""
    with TemporaryDirectory() as folder:
        return facts(play(prepare(BY_ID[case_id], Path(folder))).people)


# 事業所に見えるもの ---------------------------------------------------------------------------------


def _visible(run: Run, code: str, wanted: Mapping[str, Any]) -> dict:
    """事業所のカプセルから見えること。人が見えるとは、その人の行を除くと、リストのカプセルが変わること。"""
    keys = [*wanted.get("persons_absent", []), *wanted.get("persons_present", [])]
    shown = capsules(open_publication(run.home, run.params, run.month), code)
    named = shown["05_employer_reminders", "reminders"]
    others = {
        key: _capsules_without(run, (key,), code)["05_employer_reminders", "reminders"]
        for key in keys
    }
    return {
        "listed": set(named[["symbol", "number", "branch"]].agg("/".join, axis=1)),
        "visible": {key for key in keys if not named.equals(others[key])},
        "series_unchanged": shown[LEVELS].equals(_without_register(run, code)[LEVELS]),
    }


LEVELS = ("04_employer_dashboard", "levels")


def capsules(publication: Publication, code: str) -> dict[tuple[str, str], pd.DataFrame]:
    """その事業所の全てのカプセルの表。"""
    employer = next(one for one in publication.opened.params.employers if one.id == code)
    found = {}
    with TemporaryDirectory() as folder:
        for edition in [one for one in EDITIONS if one.audience in ("employer", "named")]:
            capsule = Capsule.read(
                make_capsule(publication, edition, Path(folder) / edition.notebook, employer)
            )
            found |= {
                (edition.notebook, table): capsule.table(table) for table in capsule.facts["tables"]
            }
    return found


def _internal(run: Run, codes: Iterable[str]) -> dict:
    """健保の内部の、その月の加入者。"""
    publication = open_publication(run.home, run.params, run.month)
    counts = measures.counts(
        publication.opened.cube, publication.opened.names, [str(run.month)]
    ).set_index("employer_id")
    return {code: {"members": int(counts.members[code])} for code in codes}


def _without_register(run: Run, code: str) -> dict[tuple[str, str], pd.DataFrame]:
    """だれも申し出なかったときの、その事業所のカプセル。"""
    with TemporaryDirectory() as folder:
        other = prepare({**run.case, "files": {}}, Path(folder))
        for step in run.case["steps"][: len(run.steps) + 1]:
            ingest(
                other.home,
                other.params,
                run.folder / step["file"],
                Month.parse(step["month"]),
                confirm=CONFIRMED,
            )
        (other.home.levels_key.parent).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run.home.levels_key, other.home.levels_key)
        return capsules(open_publication(other.home, other.params, other.month), code)


def _capsules_without(
    run: Run, keys: tuple[str, ...], code: str
) -> dict[tuple[str, str], pd.DataFrame]:
    """同じ事例の、これまでの全ての段から、その人たちの行を除いたときの、その事業所のカプセル。"""
    starts = tuple(f"{key.replace('/', ',')}," for key in keys)
    with TemporaryDirectory() as folder:
        other = prepare(run.case, Path(folder))
        for step in run.case["steps"][: len(run.steps) + 1]:
            if "with" in step:
                hand_in(other, step["with"])
            lines = (run.folder / step["file"]).read_text(encoding="utf-8-sig").splitlines()
            file = other.room / step["file"]
            file.write_text(
                "\n".join(line for line in lines if not line.startswith(starts)), encoding="utf-8"
            )
            ingest(other.home, other.params, file, Month.parse(step["month"]), confirm=CONFIRMED)
        publication = open_publication(other.home, other.params, other.month)
        # 行を除いた人の名簿の行には、退職と答えたものとする
        answered = replace(publication.opened.overlays, unanswered=())
        return capsules(
            replace(publication, opened=replace(publication.opened, overlays=answered)), code
        )


def listed(release: Path) -> Iterator[tuple[str, set[str]]]:
    """公開した勧奨リスト：事業所と、Excel に載った人の鍵。"""
    import openpyxl

    for path in sorted(release.glob("employers/*/reminders*.xlsx")):
        rows = [
            row
            for sheet in openpyxl.load_workbook(path)
            for row in sheet.iter_rows(values_only=True)
        ]
        keys = {
            "/".join(map(str, row[:3]))
            for row in rows
            if len(row) > 2 and re.fullmatch(r"[0-9]{2}", str(row[2] or ""))
        }
        yield path.parent.name, keys


# 事例の一覧 ----------------------------------------------------------------------------------------

PUBLISHED = ("V12", "V13", "V17", "V18", "O01", "O03", "R01", "X01", "X02", "C01", "E08", "V10")
"""公開して調べる事例：公開したものについての約束があるものと、番号の見張りのためのもの。"""


def variants() -> list[str]:
    """動かす事例の名。設定の罠は、設定のファイルごとに一つ。"""
    return [
        name
        for case in CONTRACT["cases"]
        for name in (
            [f"{case['id']}-{trap}" for trap in TRAPPED]
            if "params.yaml" in case["files"]
            else [case["id"]]
        )
    ]


def run_case(name: str, room: Path, by_command: bool = False) -> Run:
    """その名の事例を動かす。取り込めなかった事例では、公開も断られることを見る。"""
    case_id, _, trap = name.partition("-")
    run = play(prepare(BY_ID[case_id], room, trap or None), by_command)
    if name in PUBLISHED or not kept_months(run.home):
        try_to_publish(run)
        for seen in run.steps:
            seen["published"] = run.release is not None
    return run
