"""取込の途中の事故：止められる、空きが尽きる、書けない、二つ同時、読みながら、壊れる、残りもの。

月は全部あるか、全くない。知らせる文は、どうすればよいかを言う。もう一度動かせば、直る。
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from months import ROOT, make_home, month_of, params_of
from societies import HEADER

from mynalib.domain.errors import MynaError
from mynalib.history.contradictions import read_memory
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Lens
from mynalib.history.months import kept_month, kept_months, verify_month
from mynalib.history.tables import is_full, read_table
from mynalib.intake import workbench
from mynalib.intake.profile import FileProfile
from mynalib.intake.reading import read_file
from mynalib.verbs.check import check_home
from mynalib.verbs.ingest import ingest

pytestmark = [
    pytest.mark.large,
    pytest.mark.skipif(sys.platform == "win32", reason="fork と kill -9 は、Windows にはない"),
]

LONG = bool(os.environ.get("MYNA_LONG"))
HANGS = 600  # 秒。これだけ待っても終わらなければ、止まっている
MONTHS = ("2026-07", "2026-08", "2026-09", "2026-10")
NEW, LAST = MONTHS[-1], MONTHS[-2]
PEOPLE = 1_500
KINDS = (
    "1,20240401,,,1",
    "1,20240401,,,1",
    "0,,,,1",
    "1,20230510,,,0",
    "0,20220510,20260310,2,0",
    "0,,,,",
)
TOOL = ROOT / "tests" / "support" / "kills.py"


def rows(month: str, people: int = PEOPLE) -> list[str]:
    """その月の行。月ごとに少し違い、本人の申請が消える人（記憶に残る）と、隔離になる行がある。"""
    at = MONTHS.index(month)
    return [
        *(f"{101 + n % 5},{7200000 + n},{n % 3:02},{_facts(n, at)}" for n in range(people)),
        "777,7999999,00,1,,,,",
    ]


def _facts(number: int, at: int) -> str:
    if number % 50 == 7:
        return "0,20240501,20260610,1,1" if number // 50 % 4 > at else "0,,,,1"
    return KINDS[number % len(KINDS)]


def write(path: Path, lines: list[str]) -> Path:
    path.write_bytes("\r\n".join([HEADER, *lines, ""]).encode("cp932"))
    return path


class Warm:
    """読みこみを済ませたプロセス。命令を、そこから fork した本物のプロセスで動かす。"""

    def __init__(self):
        environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'support'}"}
        self._server = subprocess.Popen(
            [sys.executable, str(TOOL), "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def ask(self, **job) -> dict:
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())

    def myna(self, *words: object, **how) -> dict:
        return self.ask(argv=[str(word) for word in words], **how)

    def ingest(self, home: Home, month: str, *more: str, file: Path | None = None, **how) -> dict:
        """取り込む。読みやすいように、答えの JSON を answer に入れる。"""
        file = file or home.inbox / f"{month}.csv"
        done = self.myna(
            "ingest", file, "--month", month, "--home", home.root, "--json", *more, **how
        )
        return done | {"answer": json.loads(done["out"]) if done.get("out") else None}

    def check(self, home: Home, **how) -> dict:
        done = self.myna("check", "--home", home.root, "--json", **how)
        return json.loads(done["out"])

    def close(self) -> None:
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()


class Here:
    """同じことを、この中で動かす。止めたり限ったりしない試験は、こちらが速い。"""

    def ingest(self, home: Home, month: str, *more: str, file: Path | None = None) -> dict:
        file = file or home.inbox / f"{month}.csv"
        try:
            return ingest(home, params_of(home), file, month_of(month), replace="--replace" in more)
        except MynaError as error:
            return {
                "outcome": "refused",
                "error": error.code,
                "where": error.where,
                "fix": error.fix,
            }

    def check(self, home: Home) -> dict:
        return check_home(home).as_dict()


@pytest.fixture(scope="module")
def here() -> Here:
    return Here()


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    server = Warm()
    yield server
    server.close()


@pytest.fixture(scope="module")
def three_months(warm, tmp_path_factory) -> Home:
    """三か月を取り込み、四か月目のファイルが届いている組合。試験は、写して使う。"""
    home = make_home(tmp_path_factory.mktemp("three") / "home")
    home.inbox.mkdir(parents=True)
    for month in MONTHS:
        write(home.inbox / f"{month}.csv", rows(month))
        if month != NEW:
            assert warm.ingest(home, month)["answer"]["outcome"] == "loaded"
    assert len(read_memory(home)) > 0
    return home


@pytest.fixture
def home(three_months, tmp_path) -> Home:
    return copied(three_months, tmp_path / "home")


def copied(home: Home, to: Path) -> Home:
    return Home(Path(shutil.copytree(home.root, to)))


# ---- 置き場所の今


def months_now(home: Home) -> dict[str, dict[str, str]]:
    """月のフォルダーごとの、ファイルのハッシュ。"""
    folders = (
        [p for p in home.months.iterdir() if not p.name.startswith(".")]
        if home.months.exists()
        else []
    )
    return {
        folder.name: {path.name: sha256(path) for path in sorted(folder.iterdir())}
        for folder in folders
    }


def ledger_now(home: Home) -> list[tuple]:
    return [
        (line["did"], line["folder"], line["intake_sha256"]) for line in Ledger(home.ledger).lines()
    ]


def state(home: Home) -> dict:
    """月、原本、記憶、台帳の全て。途中のものが残っていれば、それも見える。"""
    memory = read_table(home.kept_back)
    return {
        "months": months_now(home),
        "originals": {path.name: sha256(path) for path in sorted(home.originals.iterdir())},
        "memory": sorted(memory.itertuples(index=False, name=None)),
        "ledger": ledger_now(home),
        "left": left_over(home),
    }


def left_over(home: Home) -> list[str]:
    return sorted(
        path.relative_to(home.data).as_posix()
        for path in home.data.rglob("*")
        if path.name == ".incoming"
        or path.name.startswith(".spill-")
        or path.name.endswith((".part", ".tmp"))
    )


def must_be_sound(home: Home, before: dict, ledger_before: bytes, whole: dict) -> bool:
    """止まったあと：前の月は元のまま、新しい月は全部あるか全くない、点検は通る。新しい月があるか。"""
    now = months_now(home)
    assert {name: now.get(name) for name in before} == before, "前の月が変わった"
    assert home.ledger.read_bytes().startswith(ledger_before) if ledger_before else True, (
        "台帳の前の行が変わった"
    )
    new = {name: files for name, files in now.items() if name not in before}
    assert new in (
        {},
        {name: whole["months"][name] for name in set(whole["months"]) - set(before)},
    ), "半分の月がある"
    for kept in kept_months(home):
        verify_month(kept)
    assert check_home(home).errors == ()
    return bool(new)


# ---- kill -9


LOADS: dict[str, tuple[str, tuple[str, ...]]] = {
    "新しい月": (NEW, ()),
    "置きかえ": (LAST, ("--replace",)),
    "古い月": ("2026-06", ("--confirm", "MONTH_ORDER", "--confirm", "STALE_COPY")),
    "初めての月": (NEW, ()),
}


def prepared(three_months: Home, to: Path, load: str) -> tuple[Home, Path]:
    """その取込の前の置き場所と、取り込むファイル。"""
    home = copied(three_months, to)
    if load == "初めての月":
        shutil.rmtree(home.months)
        shutil.rmtree(home.originals)
        home.kept_back.unlink()
        home.ledger.unlink()
    if load == "置きかえ":
        return home, write(home.inbox / "直した.csv", rows(LAST)[3:])
    if load == "古い月":
        return home, write(home.inbox / "前の.csv", rows(MONTHS[0])[:-2])
    return home, home.inbox / f"{NEW}.csv"


def kills(seconds: float, steps: int, rng: random.Random) -> Iterator[dict]:
    """止める時：ある時間のあと、または、ファイルに触る、ある一歩の前。"""
    while True:
        yield {"kill_after": rng.uniform(0, seconds)}
        yield {"kill_at": rng.randrange(steps)}


@pytest.mark.long
@pytest.mark.parametrize("load", LOADS)
def test_a_load_killed_at_any_moment_leaves_a_whole_month_or_none_and_the_next_run_finishes(
    warm, three_months, tmp_path, load, record_property
):
    month, more = LOADS[load]
    reference, file = prepared(three_months, tmp_path / "reference", load)
    unharmed = warm.ingest(reference, month, *more, file=file, watch=str(reference.root))
    assert unharmed["answer"]["outcome"] == "loaded"
    expected = state(reference)
    rng, seen = random.Random(f"{load} 20261124"), {True: 0, False: 0}
    moments = kills(unharmed["seconds"] * 1.1, unharmed["steps"], rng)
    if [*LOADS].index(load) % 2:  # 一度だけ試すときも、どちらの止め方もある
        next(moments)
    for trial in range(25 if LONG else 1):
        home, file = prepared(three_months, tmp_path / f"home{trial}", load)
        before, ledger = months_now(home), home.ledger.read_bytes() if home.ledger.exists() else b""
        warm.ingest(home, month, *more, file=file, watch=str(home.root), **next(moments))
        whole = must_be_sound(home, before, ledger, expected)
        again = warm.ingest(home, month, *more, file=file)
        assert again["answer"]["outcome"] == ("no_op" if whole else "loaded")
        assert state(home) == expected
        assert check_home(home).errors == ()
        seen[whole] += 1
        shutil.rmtree(home.root)
    assert sum(seen.values()) == (25 if LONG else 1)
    record_property("kill -9 のあと、月が全部あった", seen[True])
    record_property("kill -9 のあと、月が全くなかった", seen[False])


@pytest.mark.long
def test_a_real_process_killed_at_any_moment_is_finished_by_the_next(
    three_months, tmp_path, record_property
):
    """読みこみから、本物の python -m mynalib ingest を止める。"""
    reference = copied(three_months, tmp_path / "reference")
    begun = time.monotonic()
    assert real_ingest(reference).wait() == 0
    longest, expected = time.monotonic() - begun, state(reference)
    rng, killed = random.Random(20261125), 0
    for trial in range(20 if LONG else 1):
        home = copied(three_months, tmp_path / f"home{trial}")
        before, ledger = months_now(home), home.ledger.read_bytes()
        process = real_ingest(home)
        time.sleep(rng.uniform(0.4 * longest, longest))
        process.kill()
        if process.wait() == -signal.SIGKILL:
            killed += 1
        else:
            longest *= 0.8  # はじめに測ったときより、機械が空いてきた
        must_be_sound(home, before, ledger, expected)
        assert real_ingest(home).wait() == 0
        assert state(home) == expected
        shutil.rmtree(home.root)
    record_property("kill -9（本物のプロセス）", killed)
    assert killed > 0 or not LONG  # 一度だけなら、止める前に終わることもある


def real_ingest(home: Home) -> subprocess.Popen:
    words = ["ingest", home.inbox / f"{NEW}.csv", "--month", NEW, "--home", home.root]
    return subprocess.Popen(
        [sys.executable, "-m", "mynalib", *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_what_is_kept_can_only_be_read_even_if_the_load_was_killed_just_before_it_was_locked(
    warm, three_months, tmp_path
):
    """置いたあと、書きこみを禁じる前に止まっても、次の取込のあとは、月も原本も読むことしかできない。"""
    reference = copied(three_months, tmp_path / "reference")
    locks = {"watch": str(tmp_path), "events": ["os.chmod"]}
    steps = warm.ingest(reference, NEW, **locks)["steps"]
    assert steps > 0
    wrong = {}
    for step in range(steps):
        home = copied(three_months, tmp_path / f"home{step}")
        warm.ingest(home, NEW, **locks, kill_at=step)
        warm.ingest(home, NEW)
        kept = [
            *home.originals.iterdir(),
            *(p for folder in home.months.iterdir() for p in folder.iterdir()),
        ]
        if writable := sorted(path.name for path in kept if path.stat().st_mode & 0o222):
            wrong[step] = writable
        shutil.rmtree(home.root)
    assert wrong == {}


def test_a_half_copied_original_is_gone_after_the_next_load_of_any_file(
    warm, three_months, tmp_path
):
    """原本を写している途中で止まり、次に来たのが別のファイルでも、人の行の写しかけは残らない。"""
    home = copied(three_months, tmp_path / "home")
    left = home.originals / f"{NEW}-0123456789ab.part"
    left.write_bytes(b"101,7200001,00")
    assert warm.ingest(home, NEW)["answer"]["outcome"] == "loaded"
    assert left_over(home) == []


# ---- 空きが尽きる


@pytest.mark.long
def test_a_full_disk_at_any_stage_says_so_and_the_same_command_works_once_there_is_room(
    needs_a_small_disk, three_months, tmp_path
):
    """小さな tmpfs の空きを変えながら、写し、計算の途中、Parquet、原本、台帳のどこで尽きても。"""
    results = []
    for memory, people, points in (
        ("normal", PEOPLE, 40 if LONG else 3),
        ("small", 200_000, 8 if LONG else 1),
    ):
        place = tmp_path / memory
        (place / "disk").mkdir(parents=True)
        # ふつうの方は、どの値も引用符で囲む。写しより原本が大きくなり、原本を写すところでも空きが尽きる
        lines = [f'"{row.replace(",", chr(34) + "," + chr(34))}"' for row in rows(NEW, people)]
        write(place / "file.csv", lines if memory == "normal" else rows(NEW, people))
        results += filled(three_months, place, points, memory)
    for result in results:
        assert result["kept"], result
        assert result["checked"] == [], result
        assert result["again"].get("outcome") in ("loaded", "no_op"), result
        assert result["left"] == [], result
        assert result["whole"] == [None], result
    failed = [result["full"] for result in results if "outcome" not in result["full"]]
    assert [full for full in failed if full.get("error") != "DISK_FULL"] == []
    assert all("空き" in full["fix"] or "ディスク" in full["fix"] for full in failed)
    stages = {full["stage"] for full in failed}
    print(
        "空き（ページ）と、尽きたところ：",
        [(one["pages"], one["full"].get("stage", "")) for one in results],
    )
    assert stages >= {"写し", "計算の途中", "月の Parquet", "原本"}, stages
    assert any(result["full"].get("outcome") == "loaded" for result in results)


def filled(three_months: Home, place: Path, points: int, memory: str) -> list[dict]:
    disk, size = place / "disk", "64m" if memory == "small" else "8m"
    tool = [sys.executable, str(TOOL), "--fill", str(disk), memory, str(points)]
    run = on_a_small_disk(
        disk, size, 'cp -a "$1" home && shift && exec "$@"', str(three_months.root), *tool
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def on_a_small_disk(disk: Path, size: str, script: str, *words: str) -> subprocess.CompletedProcess:
    """自分だけに見える小さな tmpfs を disk に付けて動かす。終われば、消える。管理者でなくてもよい。"""
    mount = 'mount -t tmpfs -o size="$1" myna "$2" && cd "$2" && shift 2 && '
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    return subprocess.run(
        [*unshare, "sh", "-c", mount + script, "sh", size, str(disk), *words],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'support'}"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def needs_a_small_disk(tmp_path) -> None:
    """tmpfs を付けられないところ（権限のないコンテナーなど）では、黙って飛ばさず、要ると言われていれば失敗にする。"""
    (tmp_path / "try").mkdir()
    if shutil.which("unshare") and on_a_small_disk(tmp_path / "try", "1m", "true").returncode == 0:
        return
    if os.environ.get("MYNA_REQUIRE_BROWSER"):
        pytest.fail("小さな tmpfs を付けられない（unshare と mount が要る）")
    pytest.skip("小さな tmpfs を付けられない。大きさの上限の試験だけをする")


@pytest.mark.parametrize("stage", ["写しのはじめ", "写しのおわり", "原本"])
def test_a_limit_on_the_size_of_a_file_is_a_full_disk(warm, home, stage):
    """tmpfs を使えないところでも、同じことを試す。写しは改行が一字なので、原本より少し小さい。"""
    before, original = state(home), (home.inbox / f"{NEW}.csv").stat().st_size
    size = {"写しのはじめ": 2_000, "写しのおわり": original - PEOPLE - 300, "原本": original - 10}[
        stage
    ]
    done = warm.ingest(home, NEW, fsize=size)
    assert (done["code"], done["answer"]["error"]) == (1, "DISK_FULL")
    assert "空き" in done["answer"]["fix"] or "ディスク" in done["answer"]["fix"]
    assert [state(home)[part] for part in ("months", "memory", "ledger")] == [
        before[part] for part in ("months", "memory", "ledger")
    ]
    assert warm.ingest(home, NEW)["answer"]["outcome"] == "loaded"
    assert left_over(home) == []


def test_a_ledger_that_cannot_grow_is_a_full_disk_and_is_written_by_the_next_run(warm, home):
    """月を置いたあと、台帳に書けない。月はもうあり、次の処理が記録する。"""
    Ledger(home.ledger).append("note", folder="", intake_sha256="", filler="x" * 200_000)
    done = warm.ingest(home, NEW, fsize=home.ledger.stat().st_size + 100)
    assert (done["code"], done["answer"]["error"]) == (1, "DISK_FULL")
    assert check_home(home).errors == ()
    assert warm.ingest(home, NEW)["answer"]["outcome"] == "no_op"
    assert ledger_now(home)[-1][:2] == ("ingested", NEW)
    assert check_home(home).errors == ()


@pytest.mark.parametrize(
    "words", ["No space left on device", "Disk quota exceeded", "File too large"]
)
def test_every_way_a_disk_is_full_is_told_as_one_inside_duckdb(tmp_path, monkeypatch, words):
    """空き、割り当て（quota）、ファイルの大きさの上限。DuckDB は、OS の言葉のまま伝える。"""
    assert is_full(
        duckdb.IOException(f'IO Error: Could not write file "/x/members.parquet": {words}')
    )
    monkeypatch.setattr(workbench, "query", lambda name: f"select error($faults[1] || ' {words}')")
    (tmp_path / "into").mkdir()
    file = write(tmp_path / "file.csv", rows(NEW)[:3])
    with pytest.raises(MynaError) as caught:
        # 登録簿を見る前に尽きる
        read_file(
            file, month=month_of(NEW), registry=None, profile=FileProfile(), into=tmp_path / "into"
        )
    assert caught.value.code == "DISK_FULL"


# ---- 書けない


CLOSED: dict[str, Callable[[Home], list[tuple[Path, int]]]] = {
    "置き場所": lambda home: [(home.root, 0o555), (home.data, 0o555)],
    "錠": lambda home: [(home.data / ".lock", 0o444)],
    "月": lambda home: [(home.months, 0o555)],
    "原本": lambda home: [(home.originals, 0o555)],
    "台帳": lambda home: [(home.ledger, 0o444)],
    "data と記憶": lambda home: [(home.data, 0o555)],
    "届いたファイル": lambda home: [(home.inbox / f"{NEW}.csv", 0o000)],
    "届いたフォルダー": lambda home: [(home.inbox, 0o000)],
}


@pytest.mark.parametrize("closed", CLOSED)
def test_a_place_that_cannot_be_written_is_named_and_the_load_works_once_it_can(
    warm, three_months, tmp_path, closed
):
    """管理者はどこにでも書けるので、その力を捨てたプロセスで試す。"""
    home = copied(three_months, tmp_path / "home")
    before = months_now(home)
    modes = {path: path.stat().st_mode & 0o777 for path, _ in CLOSED[closed](home)}
    for path, mode in CLOSED[closed](home):
        path.chmod(mode)
    refused = warm.ingest(home, NEW, ordinary=True)
    for path, mode in modes.items():
        path.chmod(mode)
    assert refused["answer"] is not None, f"日本語の答えがない：{refused['err'].splitlines()[-1:]}"
    assert (refused["code"], refused["answer"]["error"]) == (1, "NOT_WRITABLE"), refused["answer"]
    assert "権限" in refused["answer"]["fix"]
    assert any(str(path.name) in refused["answer"]["where"] for path, _ in CLOSED[closed](home))
    assert {name: months_now(home).get(name) for name in before} == before
    assert warm.ingest(home, NEW, ordinary=True)["answer"]["outcome"] in ("loaded", "no_op")
    assert warm.check(home, ordinary=True)["errors"] == []
    assert left_over(home) == []


# ---- 二つ同時


@pytest.mark.long
def test_a_second_run_is_refused_at_every_step_and_the_first_is_unharmed(
    warm, three_months, tmp_path
):
    """一歩ごとに一つ目を止め、その間に二つ目、点検、窓を動かす。"""
    reference = copied(three_months, tmp_path / "reference")
    steps = warm.ingest(reference, NEW, watch=str(reference.root))["steps"]
    expected, told = state(reference), []
    counts = (dict.fromkeys(MONTHS[:-1], PEOPLE), dict.fromkeys(MONTHS, PEOPLE))
    for step in range(0, steps, 2 if LONG else max(1, steps // 3)):
        home = copied(three_months, tmp_path / f"home{step}")
        first = warm.ingest(home, NEW, watch=str(home.root), stop_at=step)
        assert first["stopped"]
        assert seen_people(home) in counts, f"{step} 歩目で、半分の月が見えた"
        assert check_home(home).errors == (), f"{step} 歩目"
        second = warm.ingest(home, NEW)["answer"]
        told.append(second["error"] or second["outcome"])
        assert second["error"] in (None, "LOCKED")
        assert second["error"] is None or "待って" in second["fix"]
        finished = warm.ask(resume=first["pid"])
        assert finished["code"] == 0
        assert json.loads(finished["out"])["outcome"] == ("loaded" if second["error"] else "no_op")
        assert state(home) == expected
        shutil.rmtree(home.root)
    assert told.count("LOCKED") > len(told) // 2


def seen_people(home: Home) -> dict[str, int]:
    """窓から見える、月ごとの人数。"""
    with Lens(kept_months(home)) as lens:
        return dict(lens.answer("select month, count(*) from member group by 1").to_numpy())


@pytest.mark.long
def test_of_many_runs_at_the_same_moment_exactly_one_loads(home):
    runs = [real_ingest_json(home) for _ in range(8 if LONG else 3)]
    answers = [json.loads(run.communicate()[0]) for run in runs]
    told = sorted(answer["error"] or answer["outcome"] for answer in answers)
    assert told.count("loaded") == 1
    assert set(told) <= {"loaded", "LOCKED", "no_op"}
    assert ledger_now(home)[-1][:2] == ("ingested", NEW)
    assert len(ledger_now(home)) == len(months_now(home)) == len(MONTHS)
    assert check_home(home).errors == ()


def real_ingest_json(home: Home) -> subprocess.Popen:
    words = ["ingest", home.inbox / f"{NEW}.csv", "--month", NEW, "--home", home.root, "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "mynalib", *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


READER = """
import json, sys
from pathlib import Path
from mynalib.verbs.check import check_home
from mynalib.history.home import Home
from mynalib.history.lens import Lens
from mynalib.verbs.ingest import ingest
from mynalib.history.contradictions import memory_holds
from mynalib.history.months import kept_months, verify_month
home, seen, last = Home(Path(sys.argv[1])), [], False
print("ready", flush=True)
while not last:
    last = (home.root / "stop").exists()  # 止めると言われてから、もう一度見る
    months = kept_months(home)
    with Lens(months) as lens:
        found = dict(lens.answer("select month, count(*) from member group by 1").to_numpy())
    for kept in months:
        verify_month(kept)
        assert found[str(kept.month)] == kept.intake["accepted"], "半分の月"
    memory_holds(home)
    assert check_home(home).errors == (), [str(one) for one in check_home(home).errors]
    now = [kept.folder.name for kept in months]
    if now not in seen:
        seen.append(now)
        print(json.dumps(now), flush=True)
"""


@pytest.mark.long
def test_a_reader_never_sees_an_error_or_half_a_month_while_others_load_and_replace(warm, home):
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(home.root)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as reader:
        try:
            assert reader.stdout.readline() == "ready\n"
            load_and_replace(warm, home, reader)
            (home.root / "stop").touch()
            out, errors = reader.communicate(timeout=HANGS)
        finally:
            reader.kill()  # 試験が途中で失敗しても、読み手を残さない
    assert reader.returncode == 0, errors
    seen = out.splitlines()
    assert len(seen) == len(set(seen))
    assert json.loads(seen[-1]) == [kept.folder.name for kept in kept_months(home)]


def load_and_replace(warm: Warm, home: Home, reader: subprocess.Popen) -> None:
    """読み手が前の月を見てから取り込み、新しい月を見るのを待ち、あとは待たずに置きかえる。"""
    assert json.loads(reader.stdout.readline()) == [*MONTHS[:-1]]
    assert warm.ingest(home, NEW)["answer"]["outcome"] == "loaded"
    assert json.loads(reader.stdout.readline()) == [*MONTHS]
    for number in range(60 if LONG else 1):
        file = write(home.inbox / "次.csv", rows(NEW)[number + 1 :])
        assert warm.ingest(home, NEW, "--replace", file=file)["answer"]["outcome"] == "loaded"
        file = write(home.inbox / "前.csv", rows(LAST)[number + 1 :])
        assert warm.ingest(home, LAST, "--replace", file=file)["answer"]["outcome"] == "loaded"


# ---- 壊れる


def flipped(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "空": lambda raw: b"",
    "途中まで": lambda raw: raw[: len(raw) // 2],
    "一ビット": flipped,
    "別のもの": lambda raw: b"0012345,00\n" * 50,
    "無い": lambda raw: None,
}
FILES = ("members.parquet", "quarantine.parquet", "intake.json")
OFTEN = {  # ふだん試す組：どの壊し方も、どのファイルも、一度は
    ("members.parquet", "空"),
    ("members.parquet", "一ビット"),
    ("members.parquet", "無い"),
    ("quarantine.parquet", "途中まで"),
    ("intake.json", "別のもの"),
}


def damage(path: Path, how: str) -> None:
    path.chmod(0o600)
    content = DAMAGES[how](path.read_bytes())
    path.unlink()
    if content is not None:
        path.write_bytes(content)


def original_of(home: Home, month: str) -> Path:
    [original] = home.originals.glob(f"{month}-*.csv")
    return original


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "how"),
    [(name, how) for name in FILES for how in DAMAGES if LONG or (name, how) in OFTEN],
)
def test_a_damaged_month_is_named_by_every_command_and_repaired_from_its_original(
    here, home, name, how
):
    before = state(home)
    damage(home.months / LAST / name, how)
    checked = here.check(home)
    assert checked["outcome"] == "failed"
    assert {error.split("/")[0] for error in checked["errors"]} == {LAST}
    told = here.ingest(home, NEW)
    assert told["error"] == "MONTH_DAMAGED"
    assert "--replace" in told["fix"]
    assert "72000" not in json.dumps(checked) + json.dumps(told)
    repaired = here.ingest(home, LAST, "--replace", file=original_of(home, LAST))
    assert repaired["outcome"] == "loaded", repaired
    assert here.check(home)["errors"] == []
    assert here.ingest(home, NEW)["error"] is None
    assert here.check(home)["errors"] == []
    assert (
        months_now(home)[f"{LAST}-r2"]["members.parquet"]
        == before["months"][LAST]["members.parquet"]
    )
    assert left_over(home) == []


@pytest.mark.parametrize("count", ["members", "registered", "quarantined"])
def test_a_changed_count_in_the_record_of_a_month_is_noticed(here, home, count):
    """intake.json の人数は、次の月の関門と公開の点検が信じる。一字変わっても、分からなければならない。"""
    record = home.months / LAST / "intake.json"
    record.chmod(0o600)
    content, changes = re.subn(
        f'("{count}": )([0-9]+)', r"\g<1>9\g<2>", record.read_text("utf-8"), count=1
    )
    assert changes == 1
    record.write_text(content, "utf-8")
    checked = here.check(home)
    assert checked["outcome"] == "failed"
    assert all(error.startswith(f"{LAST}/") for error in checked["errors"])


@pytest.mark.long
@pytest.mark.parametrize("name", FILES if LONG else FILES[:1])
def test_a_damaged_month_is_not_published(warm, home, name):
    damage(home.months / LAST / name, "一ビット" if name != "intake.json" else "途中まで")
    done = warm.myna("publish", "--month", LAST, "--home", home.root, "--json")
    answer = json.loads(done["out"])
    assert (done["code"], answer["error"]) == (1, "MONTH_DAMAGED")
    assert answer["where"].startswith(f"{LAST}/")
    assert "--replace" in answer["fix"]
    assert list(home.reports.glob("2026-*")) == []


def test_check_says_what_to_do_about_a_damaged_month(warm, home):
    """点検だけを動かした人にも、どうすればよいかが分かる。"""
    damage(home.months / LAST / "members.parquet", "途中まで")
    done = warm.myna("check", "--home", home.root)
    assert done["code"] == 1
    assert "--replace" in done["out"]


@pytest.mark.parametrize("folder", [LAST, MONTHS[0]], ids=["最後の月", "古い月"])
def test_a_month_that_vanished_is_noticed(here, home, folder):
    """台帳には取り込んだとあるのに、フォルダーがない。"""
    shutil.rmtree(home.months / folder)
    checked = here.check(home)
    assert checked["outcome"] == "failed"
    assert any(folder in error for error in checked["errors"])


def test_a_vanished_revision_does_not_bring_the_replaced_month_back(here, home):
    """置きかえた版だけが失われたとき、前の版を、黙ってその月とみなさない。"""
    file = write(home.inbox / "直した.csv", rows(LAST)[3:])
    assert here.ingest(home, LAST, "--replace", file=file)["outcome"] == "loaded"
    shutil.rmtree(home.months / f"{LAST}-r2")
    assert here.check(home)["outcome"] == "failed"


@pytest.mark.parametrize("how", [how for how in DAMAGES if how != "無い"])
def test_an_original_that_changed_on_the_disk_is_noticed(here, home, how):
    """原本は、月を直すときの頼り。変わっていたら、直す前に分からなければならない。"""
    original = original_of(home, LAST)
    damage(original, how)
    checked = here.check(home)
    assert checked["outcome"] == "failed"
    assert any(original.name in error for error in checked["errors"])


def test_a_changed_original_does_not_quietly_become_the_month(here, home):
    """壊れた月を、変わってしまった原本から直そうとする。"""
    original = original_of(home, LAST)
    damage(home.months / LAST / "members.parquet", "空")
    original.chmod(0o600)
    original.write_bytes(original.read_bytes().replace(b",7200001,", b",7200009,", 1))
    told = here.ingest(home, LAST, "--replace", file=original)
    assert told["error"] is not None
    assert told["fix"]


# ---- 残りもの


def junk(home: Home) -> None:
    (home.months / ".incoming" / "spill" / "more").mkdir(parents=True)
    for name in ("members.parquet", "lines.csv", "spill/more/x.tmp", "intake.json"):
        (home.months / ".incoming" / name).write_bytes(b"101,7200001,00\0\xff")
    (home.months / ".incoming" / "members.parquet").chmod(0o400)


LEFT: dict[str, Callable[[Home], object]] = {
    "書きかけの月": junk,
    "書きかけの記憶": lambda home: (home.data / ".kept_back.parquet.part").write_bytes(b"PAR1"),
    "ほかのプロセスの記憶": lambda home: (home.data / ".kept_back.parquet.4242.part").write_bytes(
        b"PAR1"
    ),
    "計算の途中": lambda home: (
        (home.months / ".spill-x").mkdir(),
        (home.months / ".spill-x" / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"7200001"),
    ),
    "台帳の書きかけ": lambda home: home.ledger.write_bytes(
        home.ledger.read_bytes() + b'{"at": "2026-11-22", "did": "ing'
    ),
    "錠": lambda home: (home.data / ".lock").write_bytes(b"4242"),
}


@pytest.mark.parametrize("left", LEFT)
def test_what_a_dead_run_left_harms_nothing_and_is_gone_after_the_next(
    here, three_months, tmp_path, left
):
    reference = copied(three_months, tmp_path / "reference")
    assert here.ingest(reference, NEW)["outcome"] == "loaded"
    home = copied(three_months, tmp_path / "home")
    LEFT[left](home)
    assert here.check(home)["errors"] == []
    assert seen_people(home) == dict.fromkeys(MONTHS[:-1], PEOPLE)
    assert here.ingest(home, NEW)["outcome"] == "loaded"
    assert state(home) == state(reference)


def test_an_empty_folder_in_the_place_of_a_newer_revision_is_a_damaged_month_until_it_is_replaced(
    here, home
):
    (home.months / f"{LAST}-r7").mkdir()
    checked = here.check(home)
    assert {error.split("：")[0] for error in checked["errors"]} == {f"{LAST}-r7/intake.json"}
    told = here.ingest(home, NEW)
    assert (told["error"], f"{LAST}-r7" in told["where"], "--replace" in told["fix"]) == (
        "MONTH_DAMAGED",
        True,
        True,
    )
    assert here.ingest(home, LAST, "--replace", file=original_of(home, LAST))["outcome"] == "loaded"
    assert kept_month(home, month_of(LAST)).folder.name == f"{LAST}-r8"
    assert here.ingest(home, NEW)["outcome"] == "loaded"
    assert here.check(home)["errors"] == []


def test_a_broken_line_in_the_middle_of_the_ledger_stops_and_says_what_to_do(here, home):
    lines = home.ledger.read_bytes().split(b"\n")
    home.ledger.write_bytes(b"\n".join([lines[0].replace(b"ingested", b"Ingested"), *lines[1:]]))
    told = here.ingest(home, NEW)
    assert (told["error"], "バックアップ" in told["fix"]) == ("LEDGER_BROKEN", True)
    assert NEW not in months_now(home)
    assert any("1 行目" in error for error in here.check(home)["errors"])


# ---- ほかの人の置き場所

UNREADABLE = (
    "",
    "params",
    "params/society.yaml",
    "params/employers",
    "data",
    "data/.lock",
    "data/ledger.jsonl",
    "data/months",
    f"data/months/{LAST}/members.parquet",
    f"data/months/{LAST}/intake.json",
    "data/originals",
    "data/registers/optout.csv",
    "data/kept_back.parquet",
    "data/inbox",
)


@pytest.mark.parametrize("place", UNREADABLE, ids=lambda place: place or "置き場所そのもの")
def test_what_another_account_may_not_open_is_one_clear_error(warm, home, place):
    verbs = {
        "check": ("check",),
        "ingest": ("ingest", home.inbox / f"{NEW}.csv", "--month", NEW),
        "verify": ("verify", "--month", LAST),
        "profile": ("profile", home.inbox / f"{NEW}.csv", "--write"),
        "publish": ("publish", "--month", LAST, "--scheduler", "hello"),  # 作るところまでは進まない
    }
    path = home.root / place
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        done = {
            verb: warm.myna(*words, "--home", home.root, "--json", ordinary=True)
            for verb, words in verbs.items()
        }
    finally:
        path.chmod(mode & 0o7777)
    for verb, one in done.items():
        told = json.loads(one["out"])
        said = told.get("error") or " ".join(told.get("errors", ())) or told["outcome"]
        assert (one["code"] in (0, 1), "Traceback" in one["err"], said == "UNEXPECTED") == (
            True,
            False,
            False,
        ), (verb, one)
    assert 1 in (done["check"]["code"], done["ingest"]["code"])


TOGETHER = {
    "三つのファイル": (
        f"data/months/{LAST}/members.parquet",
        "data/kept_back.parquet",
        "data/registers/optout.csv",
    ),
    "公開の置き場所と台帳と文": ("reports", "data/ledger.jsonl", "texts/letters.yaml"),
    "月と公開の置き場所": ("data/months", "reports"),
}


@pytest.mark.parametrize("places", TOGETHER.values(), ids=TOGETHER)
def test_check_names_everything_that_cannot_be_opened_at_once(warm, home, places):
    paths = [home.root / place for place in places]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.touch() if path.suffix else path.mkdir()
    modes = [path.stat().st_mode for path in paths]
    try:
        for path in paths:
            path.chmod(0)
        done = warm.myna("check", "--home", home.root, "--json", ordinary=True)
    finally:
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode & 0o7777)
    errors = json.loads(done["out"])["errors"]
    assert [path.name for path in paths if not any(path.name in each for each in errors)] == []
    assert len(errors) == len(set(errors))


def test_employers_that_cannot_be_opened_are_not_said_to_be_missing(warm, home):
    (home.params / "employers").chmod(0)
    try:
        done = warm.myna("check", "--home", home.root, "--json", ordinary=True)
    finally:
        (home.params / "employers").chmod(0o755)
    [error] = json.loads(done["out"])["errors"]
    assert "開けません" in error
