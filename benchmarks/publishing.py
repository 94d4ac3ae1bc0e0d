"""公開の速さと記憶の量を、普通の papermill と nbconvert、ただの関数の呼び出しとの比で測る（Linux）。

    python benchmarks/publishing.py reports --record     一つの報告：この道具、普通の命令、下限を、かわるがわる
    python benchmarks/publishing.py month --record       架空の一か月：起こしてから公開まで、もう一度、普通の命令
    python benchmarks/publishing.py society --record     1,741 の事業所：取込から公開まで（--scale 0.1 なら 1,260 万人）
    python benchmarks/publishing.py growth --record      事業所・人・月の数とともに、どう増えるか
    python benchmarks/publishing.py years --record       60 か月目の公開と、6 か月目の公開を、かわるがわる
    python benchmarks/publishing.py weights --record     架空の一か月の、ページの重さ
    python benchmarks/publishing.py --report             publishing.json から、README.md の表と docs/growth.svg を作る

どれも、起こした全てのプロセスの CPU を数える。結果のページが、どの動かし方でも一字も違わないことを、測るたびに確かめる。
"""

import argparse
import json
import os
import pickle
import shutil
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from publishing_record import RECORD, broken_limits, keep, section, write_report
from record import surroundings
from society import MONTH, TODAY, files, make_home, sizes
from tree import measured

from mynalib.capsules.opened import employers_of
from mynalib.capsules.publication import open_publication
from mynalib.demo import make_society
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.insight.capsule import Capsule
from mynalib.jobs.job import Job
from mynalib.jobs.pages import write_page
from mynalib.jobs.plan import plan_jobs
from mynalib.verbs.ingest import ingest
from mynalib.verbs.init import found

JOB = str(Path(__file__).with_name("publishing_job.py"))
TOOLS = (
    "duckdb",
    "ipykernel",
    "ipython",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "plotly",
    "xlsxwriter",
)
PEOPLE = 126_000_000
MUNICIPALITIES = 1_741
FEW_MONTHS = 6
PAGES = {
    "wide": "management/index.html",
    "mail": "management/mail.html",
    "exact": "internal/index.html",
    "dashboard": "internal/dashboard.html",
    "employer": "employers/E01/index.html",
    "list": "employers/E01/reminders.html",
    "notice": "notice/index.html",
    "portal": "index.html",
    "bundle": "management/assets/plotly-basic.min.js",
}
"""重さを量るページ。"""
USUAL = {"employers": 20, "people": 50_000, "months": 3}
GROWTH = {
    "employers": (50, 100, 200),
    "people": (250_000, 500_000, 1_000_000),
    "months": (6, 12, 24),
}


def compare_reports(options: argparse.Namespace, folder: Path) -> dict:
    """一つの報告：かわるがわる rounds 回。"""
    home = _society(folder / "home", options.employers, options.people, options.months)
    rounds = [
        _one_round(home, options.plain, folder / f"round{at}") for at in range(options.rounds)
    ]
    names = ("ours", "plain", "floor")
    jobs = {name: _middle([one[name] for one in rounds]) for name in names}
    ratios = {
        f"{name}_{figure}": [round(one[name][figure] / one["ours"][figure], 2) for one in rounds]
        for name in ("plain", "floor")
        for figure in ("wall", "cpu")
    }
    sizes = {
        name: getattr(options, name)
        for name in ("employers", "people", "months", "plain", "rounds")
    }
    return {"kind": "reports", **sizes, "jobs": jobs, "ratios": ratios}


def _one_round(home: Home, plain: int, folder: Path) -> dict:
    jobs, same = _planned(home, folder / "ours"), _planned(home, folder / "same")
    mine, theirs = (_pickled(each, folder / f"{at}.pickle") for at, each in enumerate((jobs, same)))
    found = {
        "ours": _per_report(measured([[sys.executable, JOB, "ours", mine]]), len(jobs)),
        "plain": _plain(same[:plain], folder / "plain"),
        "floor": _per_report(
            measured(
                [
                    [sys.executable, JOB, "floor", theirs, part, str(folder / "floor")]
                    for part in "01"
                ]
            ),
            len(jobs),
        ),
    }
    _require_same_pages(jobs, same, plain, folder)
    shutil.rmtree(folder)
    return found


def _planned(home: Home, room: Path) -> list[Job]:
    publication = open_publication(home, load_params(home.params), MONTH)
    return [
        *plan_jobs(publication, employers_of(publication.opened), room, society=False, lists=False)
    ]


def _pickled(jobs: list[Job], path: Path) -> str:
    path.write_bytes(pickle.dumps(jobs))
    return str(path)


def _plain(jobs: Iterable[Job], into: Path) -> dict:
    """普通の命令：papermill、続けて jupyter nbconvert。一つずつ。"""
    into.mkdir(parents=True)
    totals = []
    for job in jobs:
        out = str(into / f"{job.name}.ipynb")
        given = [text for name, value in job.parameters.items() for text in ("-p", name, value)]
        run = [
            sys.executable,
            "-m",
            "papermill",
            "--no-progress-bar",
            "--log-level",
            "ERROR",
            str(job.notebook),
            out,
        ]
        convert = [
            sys.executable,
            "-m",
            "nbconvert",
            "--to",
            "html",
            "--no-input",
            "--log-level",
            "ERROR",
            out,
        ]
        steps = [
            measured([one], MYNA_CAPSULE=str(job.folder / "capsule"))
            for one in ([*run, *given], convert)
        ]
        totals.append({name: sum(step[name] for step in steps) for name in ("wall", "cpu")})
    return {name: statistics.median(one[name] for one in totals) for name in ("wall", "cpu")}


def _per_report(found: dict, reports: int) -> dict:
    return {name: found[name] / reports for name in ("wall", "cpu")}


def _require_same_pages(jobs: list[Job], same: list[Job], plain: int, folder: Path) -> None:
    """下限のページも、普通の papermill が実行したノートブックのページも、この道具のページと一字も違わない。"""
    for at, (job, other) in enumerate(zip(jobs, same, strict=True)):
        page = job.folder / "out" / job.page
        pages = [folder / "floor" / job.name / page.name]
        if at < plain:
            notebook, capsule = (
                nbformat.read(folder / "plain" / f"{job.name}.ipynb", 4),
                other.folder / "capsule",
            )
            target = folder / "check" / job.name / "i.html"
            facts = (notebook, Capsule.read(capsule), job.title, target, job.links)
            pages += write_page(*facts)[:1]
        if any(each.read_bytes() != page.read_bytes() for each in pages):
            raise SystemExit(f"{job.name}：ページが、動かし方によって違います")


def _middle(found: list[dict]) -> dict:
    return {
        name: round(statistics.median(one[name] for one in found), 4)
        for name in found[0]
        if name != "tail"
    }


def compare_month(options: argparse.Namespace, folder: Path) -> dict:
    """架空の一か月：公開、変わらない月の公開、普通の命令の一つの報告。"""
    home = _demo(folder / "home", options.people)
    rounds = []
    for at in range(options.rounds):
        first = _publish(home)
        before = _bytes_of(home)
        again = _publish(home)
        if "unchanged" not in again["tail"] or _bytes_of(home) != before:
            raise SystemExit("変わらない月の公開で、何かが変わりました")
        plain = _plain(_planned(home, folder / f"plan{at}")[:1], folder / f"plain{at}")
        _forget_releases(home)
        kernels = _publish(home, MYNA_ENGINE="kernel")
        if {path for path, digest in _bytes_of(home).items() if before[path] != digest} - {
            _receipt(home)
        }:
            raise SystemExit("普通のカーネルでは、出来たものが違います")
        _forget_releases(home)
        rounds.append({"first": first, "again": again, "kernels": kernels, "plain": plain})
    jobs = {name: _middle([one[name] for one in rounds]) for name in rounds[0]}
    ratios = {
        "first_plain": [round(one["first"]["wall"] / one["plain"]["wall"], 2) for one in rounds],
        "kernels_plain": [
            round(one["kernels"]["wall"] / one["plain"]["wall"], 2) for one in rounds
        ],
        "again_first": [round(one["again"]["wall"] / one["first"]["wall"], 3) for one in rounds],
    }
    return {
        "kind": "month",
        "rounds": options.rounds,
        "people": options.people,
        "jobs": jobs,
        "ratios": ratios,
    }


def _demo(folder: Path, people: int) -> Home:
    os.environ["MYNA_TODAY"] = TODAY
    home = found(folder, demo=True)
    society = make_society(MONTH, people=people)
    for name, content in society.registers.items():
        (home.registers / name).write_bytes(content)
    params = load_params(home.params)
    for month, content in society.files.items():
        (home.inbox / f"{month}.csv").write_bytes(content)
        ingest(home, params, home.inbox / f"{month}.csv", month)
    return home


def _publish(home: Home, memory: bool = False, month: Month = MONTH, **environment: str) -> dict:
    command = [
        str(Path(sys.executable).with_name("myna")),
        "publish",
        "--month",
        str(month),
        "--home",
        str(home.root),
    ]
    return measured([[*command, "--json", "--jobs", "2"]], memory, **environment)


def _bytes_of(home: Home) -> dict[str, str]:
    return {str(path): sha256(path) for path in sorted(home.reports.rglob("*")) if path.is_file()}


def _receipt(home: Home) -> str:
    """時刻の入る、ただ一つのファイル。"""
    return str(home.reports / str(MONTH) / "receipt.json")


def _forget_releases(home: Home) -> None:
    """公開を、なかったことにする。台帳は、はじめの公開を用意する前の行までに戻す。"""
    shutil.rmtree(home.reports)
    lines = home.ledger.read_bytes().splitlines(keepends=True)
    prepared = [at for at, line in enumerate(lines) if json.loads(line)["did"] == "prepared"]
    home.ledger.write_bytes(b"".join(lines[: prepared[0]]))


def compare_society(options: argparse.Namespace, folder: Path) -> dict:
    """1,741 の事業所：取込から公開まで。事業所あたりの秒を、人の平均が同じ 200 の事業所と比べる。"""
    people = int(PEOPLE * options.scale)
    small = options.small * people // options.employers
    home = _society(folder / "small", options.small, small, options.months)
    few = _dashboards(home, options.small)
    shutil.rmtree(home.root)
    home = make_home(folder / "home", options.employers)
    for month, file in files(home, sizes(options.employers, people), options.months):
        if month != MONTH:
            ingest(home, load_params(home.params), file, month)
        else:
            command = [sys.executable, "-m", "mynalib", "ingest", str(file), "--month", str(month)]
            taken = measured([[*command, "--home", str(home.root), "--json"]], memory=True)
    many = _dashboards(home, options.employers)
    found = {"dashboards_small": few, "dashboards": many, "ingest": taken}
    found |= {name: _publish(home, memory=True) for name in ("publish", "again")}
    shape = {name: getattr(options, name) for name in ("employers", "small", "months", "scale")}
    jobs = {name: _middle([one]) for name, one in found.items()}
    ratio = (many["wall"] / options.employers) / (few["wall"] / options.small)
    return {
        "kind": "society",
        **shape,
        "people": people,
        "jobs": jobs,
        "ratios": {"per_employer": [round(ratio, 2)]},
    }


def _dashboards(home: Home, employers: int) -> dict:
    one = measured([[sys.executable, JOB, "dashboards", str(home.root), str(MONTH)]], memory=True)
    if json.loads(one["tail"])["reports"] != employers:
        raise SystemExit("出来なかった報告があります")
    return one


def compare_growth(options: argparse.Namespace, folder: Path) -> dict:
    """一つだけを増やしながら、公開を測る。"""
    usual = _grown(USUAL, folder)
    points = []
    for axis, values in GROWTH.items():
        shapes = [USUAL | {axis: value} for value in values[: options.points]]
        points += [
            {"axis": axis, **USUAL, **usual},
            *({"axis": axis, **one, **_grown(one, folder)} for one in shapes),
        ]
    return {"kind": "growth", "usual": USUAL, "points": points}


def compare_years(options: argparse.Namespace, folder: Path) -> dict:
    """いちばん新しい月の公開を、長く続けた組合と、始めたばかりの組合で、かわるがわる。集計は、もう数えてある。"""
    months = {"long": options.months, "short": FEW_MONTHS}
    homes = {
        name: _society(folder / name, options.employers, options.people, count)
        for name, count in months.items()
    }
    befores = {name: _before_the_newest(home) for name, home in homes.items()}
    for home in homes.values():
        _publish(home)
    rounds = [
        {name: _afresh(home, befores[name]) for name, home in homes.items()}
        for _ in range(options.rounds)
    ]
    jobs = {name: _middle([one[name] for one in rounds]) for name in homes}
    ratios = {
        f"long_short_{figure}": [
            round(one["long"][figure] / one["short"][figure], 2) for one in rounds
        ]
        for figure in ("wall", "cpu")
    }
    sizes = {name: getattr(options, name) for name in ("employers", "people", "months", "rounds")}
    return {"kind": "years", **sizes, "jobs": jobs, "ratios": ratios}


def _before_the_newest(home: Home) -> tuple[Path, bytes]:
    """前の月まで公開したときの、公開したものの写しと、台帳。前に見せた月は、前の公開からそのまま繰り返す。"""
    _publish(home, month=MONTH.plus(-1))
    kept = home.root.with_name(f"{home.root.name}-before")
    return shutil.copytree(home.reports, kept), home.ledger.read_bytes()


def _afresh(home: Home, before: tuple[Path, bytes]) -> dict:
    """前の月まで公開したときに戻して、いちばん新しい月を、もう一度公開する。集計は残す。"""
    reports, ledger = before
    shutil.rmtree(home.reports)
    shutil.copytree(reports, home.reports)
    home.ledger.write_bytes(ledger)
    shutil.rmtree(home.drafts, ignore_errors=True)
    return _publish(home)


def compare_weights(options: argparse.Namespace, folder: Path) -> dict:
    """架空の一か月を公開したときの、ページの重さ。"""
    home = _demo(folder / "home", options.people)
    _publish(home)
    release = home.reports / str(MONTH)
    weights = {name: {"kb": (release / path).stat().st_size / 1000} for name, path in PAGES.items()}
    return {"kind": "weights", "people": options.people, "jobs": weights, "ratios": {}}


def _grown(shape: dict, folder: Path) -> dict:
    home = _society(folder / "home", **shape)
    found = _middle([_publish(home, memory=True)])
    shutil.rmtree(home.root)
    return found


def _society(folder: Path, employers: int, people: int, months: int) -> Home:
    home = make_home(folder, employers)
    params = load_params(home.params)
    for month, file in files(home, sizes(employers, people), months):
        ingest(home, params, file, month)
    return home


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--report", action="store_true", help="README.md の表と図を作り直すだけで、測らない"
    )
    kinds = parser.add_subparsers(dest="kind")
    wanted = {
        "reports": {"employers": 200, "people": 100_000, "months": 12, "plain": 10, "rounds": 3},
        "month": {"people": 12_000, "rounds": 3},
        "society": {"employers": MUNICIPALITIES, "small": 200, "months": 3, "scale": 0.1},
        "growth": {"points": 3},
        "years": {"employers": 20, "people": 50_000, "months": 60, "rounds": 3},
        "weights": {"people": 12_000},
    }
    for kind, numbers in wanted.items():
        one = kinds.add_parser(kind)
        one.add_argument("--record", type=Path, nargs="?", const=RECORD, help="結果を残す JSON")
        for name, usual in numbers.items():
            one.add_argument(f"--{name}", type=type(usual), default=usual)
    return parser.parse_args()


def main() -> int:
    options = _options()
    if options.report:
        write_report()
        return 0
    compare = {
        "reports": compare_reports,
        "month": compare_month,
        "society": compare_society,
        "growth": compare_growth,
        "years": compare_years,
        "weights": compare_weights,
    }
    place = Path("/var/tmp")  # /tmp は記憶の上にあることがある
    with TemporaryDirectory(dir=place if place.is_dir() else None) as folder:
        run = (
            surroundings(TOOLS)
            | {"command": _command()}
            | compare[options.kind](options, Path(folder))
        )
    print(section(run))
    if options.record:
        keep(run, options.record)
    broken = broken_limits(run)
    print("\n".join(broken), end="\n" if broken else "")
    return 1 if broken else 0


def _command() -> str:
    given = [text for text in sys.argv[1:] if not text.endswith(".json")]
    return " ".join(["python benchmarks/publishing.py", *given])


if __name__ == "__main__":
    sys.exit(main())
