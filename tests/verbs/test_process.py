"""命令のプロセス：どこからも読みこまされず、止められても、書けなくても、どんな名の場所でも、跡を残さず、一つの文で終わる。"""

import glob
import importlib.metadata
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from societies import MONTHS, SmallSociety
from typer.testing import CliRunner

from mynalib.capsules.catalogue import notebook_path
from mynalib.cli import app
from mynalib.domain.errors import MynaError
from mynalib.history.cubes import cube
from mynalib.history.demo_marks import mark_demo
from mynalib.history.home import Home
from mynalib.history.months import kept_months
from mynalib.insight.capsule import window
from mynalib.verbs.init import found

pytestmark = pytest.mark.large

MYNA = Path(sys.executable).with_name("myna")
MODULE = [sys.executable, "-m", "mynalib"]
MONTH = str(MONTHS[1])
HANGS = 600  # 秒。これだけ待っても、そうならなければ、止まっている
ODD = "組合 [1]*? {a} 'q'"  # DuckDB も、シェルも、特別に扱う字のある名


def run(
    command: list, *words: object, cwd: Path, **environment: str
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*command, *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def answer(*words: object, **environment: str) -> tuple[int, dict]:
    """このプロセスの中で動かした命令の、終了コードと --json の答え。"""
    done = CliRunner().invoke(app, [*map(str, words), "--json"], env=environment)
    if isinstance(done.exception, MynaError):
        return 1, {
            "error": done.exception.code,
            "home": done.exception.home,
            "what": str(done.exception),
        }
    return done.exit_code, json.loads(done.stdout) if done.stdout.startswith("{") else {}


# どこからも、読みこまされない ----------------------------------------------------------------------


def of_python_itself() -> set[str]:
    """`python -m` が、mynalib を読みこむ前に、今のフォルダーから探すもの。これだけは、防ぎようがない（myna なら、探さない）。"""
    code = "import runpy, sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return {"mynalib", *done.stdout.split()}


def plant(folder: Path, trace: Path, without: set[str] | frozenset[str] = frozenset()) -> None:
    """folder に、標準の道具と、入っている道具の全ての名で、読みこめば跡を残すファイルを置く。"""
    folder.mkdir(parents=True, exist_ok=True)
    installed = {
        name for name in importlib.metadata.packages_distributions() if name.isidentifier()
    }
    names = {
        *sys.stdlib_module_names,
        *installed,
        "sitecustomize",
        "usercustomize",
        "polars",
        "pyarrow",
    }
    trap = f"with open({str(trace)!r}, 'a') as file: file.write(__file__ + chr(10))\nraise ImportError('trap')\n"
    for name in names - without:
        (folder / f"{name}.py").write_text(trap, encoding="utf-8")


@pytest.fixture(scope="module")
def trapped(tmp_path_factory) -> dict:
    """罠だらけの置き場所で、公開し、普通のカーネルと長い TMPDIR で一つの下書きを作り、公開を求める。"""
    room = tmp_path_factory.mktemp("trapped")
    society, trace = SmallSociety.found(room / ODD), room / "trace"
    home, long = society.home, room / ("長い" * 30) / ("名" * 40)
    long.mkdir(parents=True)
    for folder in (home.root, home.notebooks, home.inbox, home.params):
        plant(folder, trace, without=of_python_itself())
    done = {"module": run(MODULE, "publish", "--month", MONTH, cwd=home.root)}
    plant(home.root, trace)
    users = home.root / "jupyter" / "kernels" / "python3"  # 利用者の「python3」カーネル
    users.mkdir(parents=True)
    kernel = {
        "argv": [sys.executable, str(home.root / "json.py")],
        "display_name": "x",
        "language": "python",
    }
    (users / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
    own = {"PYTHONSTARTUP": str(home.root / "json.py"), "TMPDIR": str(long)}
    own |= {
        "JUPYTER_PATH": str(home.root / "jupyter"),
        "IPYTHONDIR": str(home.root),
        "MYNA_ENGINE": "kernel",
    }
    done["script"] = run(
        [MYNA], "publish", "--month", MONTH, "--employer", "E01", cwd=home.root, **own
    )
    done["release"] = run(
        [MYNA], "release", "--month", MONTH, "--approved-by", "甲", "--json", cwd=home.root
    )
    return {"home": home, "trace": trace, "long": long, "done": done}


def test_nothing_is_run_from_the_current_folder_or_the_home(trapped):
    told = {name: done.stderr for name, done in trapped["done"].items()}
    assert trapped["done"]["module"].returncode == 0, told
    assert trapped["done"]["script"].returncode == 0, told
    assert not trapped["trace"].exists(), trapped["trace"].read_text(encoding="utf-8")


def test_an_odd_name_a_long_temporary_folder_and_an_ordinary_kernel_leave_nothing_behind(trapped):
    assert (trapped["home"].reports / MONTH / "manifest.json").is_file()
    assert list(trapped["long"].iterdir()) == []


def test_a_draft_of_one_employer_is_neither_offered_nor_taken_for_release(trapped):
    said = trapped["done"]["script"].stdout
    assert "E01 だけの下書き" in said
    assert "myna release" not in said
    assert json.loads(trapped["done"]["release"].stdout)["error"] == "NO_DRAFT"


def test_the_current_folder_on_the_path_of_python_is_left_out_of_the_commands_and_their_children(
    tmp_path,
):
    """PYTHONPATH に書いてあっても（空の項目も、今のフォルダー）。"""
    plant(tmp_path / "here", tmp_path / "trace")
    for name in (
        "sitecustomize",
        "usercustomize",
        *sys.stdlib_module_names,
    ):  # これらは、Python がはじめに読む
        (tmp_path / "here" / f"{name}.py").unlink(missing_ok=True)
    path = os.pathsep.join(["", ".", str(tmp_path / "here")])
    assert "myna init" in run([MYNA], "check", cwd=tmp_path / "here", PYTHONPATH=path).stderr
    assert not (tmp_path / "trace").exists()


# 止められても、跡を残さない ------------------------------------------------------------------------


def stuck(society: SmallSociety) -> None:
    """事業所のページのノートブックを、終わらなくする。"""
    name = "04_employer_dashboard"
    notebook = nbformat.read(notebook_path(name), as_version=4)
    notebook.cells.insert(
        len(notebook.cells) - 1,
        nbformat.v4.new_code_cell("import time; time.sleep(99)", id="stuck"),
    )
    society.home.notebooks.mkdir(exist_ok=True)
    nbformat.write(notebook, society.home.notebooks / f"{name}.ipynb")


@pytest.fixture(scope="module")
def endless(_small, tmp_path_factory) -> SmallSociety:
    society = SmallSociety(
        Home(shutil.copytree(_small, tmp_path_factory.mktemp("endless") / "home"))
    )
    stuck(society)
    return society


def until(true) -> None:
    end = time.monotonic() + HANGS
    while not true():
        assert time.monotonic() < end, "待っても、そうならない"
        time.sleep(0.05)


def private_of(home: Home) -> list[Path]:
    return [*home.drafts.glob("*/jobs/*/capsule"), *home.drafts.glob("*/jobs/*/private")]


@pytest.mark.parametrize(
    ("signals", "code"),
    [
        ([signal.SIGINT], 130),
        ([signal.SIGTERM], 143),
        ([signal.SIGHUP, signal.SIGTERM, signal.SIGTERM], 129),  # 端末を閉じ、待ちきれずに止める
        ([signal.SIGKILL], -9),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP と続けざま", "kill -9"],
)
def test_a_stopped_publish_leaves_no_key_of_a_person(endless, signals, code):
    home = endless.home
    words = ["publish", "--month", MONTH, "--employer", "E01", "--home", str(home.root)]
    with subprocess.Popen(
        [*MODULE, *words], stderr=subprocess.PIPE, start_new_session=True
    ) as running:
        until(lambda: list(home.drafts.glob("*/jobs/E01-04*/private")))
        for number in signals:
            running.send_signal(number)
        _, told = running.communicate(timeout=HANGS)
    assert (running.returncode, b"Traceback" in told) == (code, False), told.decode()
    if signals == [signal.SIGKILL]:
        assert private_of(home)
        answer("verify", "--month", "2026-01", "--home", home.root)  # 次の命令。失敗するものでも
    assert private_of(home) == []
    with home.locked():
        pass


LEFT = {
    "仕事のカプセル": "data/drafts/2026-10/jobs/E01-x/capsule/reminders.parquet",
    "仕事の場所": "data/drafts/2026-10-E01/jobs/E01-x/private/note",
    "半ばの成果物": "data/drafts/2026-10/jobs/E02-x/out/reminders.html",
    "書きかけの月": "data/months/.incoming/lines.csv",
    "途中の置き場": "data/months/.spill-99999999-ab/duckdb.tmp",
    "番号のない途中の置き場": "data/months/.spill-ab12/duckdb.tmp",
    "書きかけの記憶": "data/.kept_back.parquet.7.part",
    "書きかけの原本": "data/originals/2026-10-ab.part",
    "書きかけの集計": "data/cubes/.2026-10-ab.parquet.7.part",
}
KEPT = {
    "済んだ仕事": "data/drafts/2026-10/jobs/E03-x/record.json",
    "済んだ仕事の成果物": "data/drafts/2026-10/jobs/E03-x/out/reminders.html",
    "動いている命令の途中の置き場": f"data/months/.spill-{os.getppid()}-ab/duckdb.tmp",
    "届いたファイル": "data/inbox/2026-10.part",
    "利用者のメモ": "data/registers/.memo",
}
VERBS = {
    "check": ("check",),
    "verify": ("verify", "--month", "2026-01"),
    "ingest": ("ingest", "no.csv", "--month", "2026-09"),
    "publish": ("publish", "--month", "2026-01"),
    "release": ("release", "--month", "2026-01", "--approved-by", "甲"),
    "profile": ("profile", "no.csv"),
}


def scatter(home: Home, places: dict) -> list[Path]:
    paths = [home.root / place for place in places.values()]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    return paths


@pytest.mark.parametrize("verb", VERBS)
def test_the_next_command_whichever_clears_what_a_killed_one_left_and_nothing_else(tmp_path, verb):
    home = found(tmp_path / "home")
    left, kept = scatter(home, LEFT), scatter(home, KEPT)
    answer(*VERBS[verb], MYNA_HOME=str(home.root))
    assert [path.name for path in left if path.exists()] == []
    assert [path.name for path in kept if not path.exists()] == []


def test_what_a_running_command_is_writing_is_not_cleared(tmp_path):
    home = found(tmp_path / "home")
    left = scatter(home, LEFT)
    with home.locked():
        answer("check", "--home", home.root)
    assert all(path.exists() for path in left)


# どこにあっても、どこに書いても ---------------------------------------------------------------------


@settings(max_examples=4, deadline=None)
@given(name=st.text("[]*?!{}'\"%~$#&; 日a", min_size=1, max_size=9).filter(str.strip))
def test_a_month_is_kept_and_counted_in_a_home_of_any_name(tmp_path_factory, name):
    society = SmallSociety.found(
        tmp_path_factory.mktemp("any") / f"x{name}x", rows=["101,5000,00,1,20240401,,,1"]
    )
    months, params = kept_months(society.home), society.params
    assert len(cube(society.home, months, params, ())) == 2
    path = str(months[0].members)
    with window(path) as db:
        assert len(db.read_parquet(glob.escape(path)).fetchall()) == 1


BYTES = {
    "置き場所": (b"check", b"--home", b"%(room)s/\xff\xfe"),
    "届いたファイル": (
        b"ingest",
        b"%(room)s/\xff.csv",
        b"--month",
        b"2026-10",
        b"--home",
        b"%(room)s/home",
    ),
    "調べるファイル": (b"profile", b"%(room)s/\xff.csv"),
    "確認シート": (b"profile", b"%(room)s/a.csv", b"--sheet", b"%(room)s/\xff.html"),
    "新しい場所": (b"init", b"%(room)s/\xff\xfe2"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="名が UTF-8 でないことは、Linux だけにある")
@pytest.mark.parametrize("kind", BYTES)
def test_a_name_that_is_not_utf_8_is_one_clear_error(tmp_path, kind):
    room = os.fsencode(tmp_path)
    found(tmp_path / "home")
    for name in (b"\xff.csv", b"a.csv"):
        Path(os.fsdecode(room + b"/" + name)).write_text(
            "101,5000,00,1,20240401,,,1\n", encoding="utf-8"
        )
    (tmp_path / os.fsdecode(b"\xff\xfe")).mkdir()
    words = [os.fsdecode(word % {b"room": room}) for word in BYTES[kind]]
    code, told = answer(*words)
    assert (code, told["error"]) == (1, "BAD_PATH")
    told["what"].encode("utf-8")


STREAMS = {
    "閉じた標準出力": (">&-", 0, ""),
    "閉じた標準エラー": ("2>&-", 0, ""),
    "全て閉じた": ("<&- >&- 2>&-", 0, ""),
    "いなくなった読み手": ("| true", 0, ""),
    "一杯のディスク": (">/dev/full", 1, "結果を書き出せませんでした"),
    "一杯の標準エラー": ("2>/dev/full", 0, ""),
}


@pytest.mark.skipif(sys.platform == "win32", reason="シェルの書き方")
@pytest.mark.parametrize("stream", STREAMS)
def test_a_standard_stream_that_cannot_be_written_ends_the_command_quietly(tmp_path, stream):
    home, (to, code, told) = found(tmp_path / "home"), STREAMS[stream]
    line = f"set -o pipefail; {shlex.join(MODULE)} check --home {shlex.quote(str(home.root))} {to}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, told in done.stderr) == (code, True), done.stderr
    assert not any(word in done.stderr for word in ("Traceback", "Exception", "Error"))


# 書いていないものは、置きかえない -------------------------------------------------------------------


def real_month(home: Home) -> None:
    SmallSociety(home).ingest(MONTHS[1], ["101,5000,00,1,20240401,,,1"])


def put(place: str, text: str = "大事なもの"):
    return lambda home: scatter(home, {"": place})[0].write_text(text, encoding="utf-8")


FOREIGN = {
    "ただのファイル": put("メモ.txt"),
    "届いたファイル": put("data/inbox/2026-10.csv"),
    "直した設定": put("params/society.yaml", "name: 甲\ndemo: true\n"),
    "足した事業所": put("params/employers/E77.yaml"),
    "ノートブック": put("notebooks/04_employer_dashboard.ipynb"),
    "公開の棚のメモ": put("reports/メモ.txt"),
    "書きこんだ名簿": put("data/registers/optout.csv"),
    "本物の月": real_month,
    "リンク": lambda home: (home.root / "link").symlink_to(home.params),
    "控えのない demo": lambda home: (home.data / "demo-files.json").unlink(),
    "壊れた控え": put("data/demo-files.json", "[]"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_the_demo_never_removes_what_it_did_not_make(tmp_path, kind):
    home = found(tmp_path / "demo", demo=True)
    mark_demo(home)
    FOREIGN[kind](home)
    before = sorted(path for path in home.root.rglob("*"))
    code, told = answer("demo", "--home", home.root)
    assert (code, told["error"]) == (1, "NOT_EMPTY")
    assert sorted(path for path in home.root.rglob("*")) == before


def test_the_demo_replaces_what_it_made_itself_with_its_caches(tmp_path):
    home = found(tmp_path / "demo", demo=True)
    mark_demo(home)
    scatter(home, {"集計": "data/cubes/2026-10-ab.parquet", "錠": "data/.lock"})
    assert found(tmp_path / "demo", demo=True).root == home.root
    assert not (home.cubes / "2026-10-ab.parquet").exists()


SHEETS = {
    "文": lambda path: path.write_text("大事なもの", encoding="utf-8"),
    "空のファイル": lambda path: path.touch(),
    "ほかのページ": lambda path: path.write_text(
        "<!DOCTYPE html><title>x</title>", encoding="utf-8"
    ),
    "印が本文にあるだけ": lambda path: path.write_text(
        "x" * 2000 + '<meta name="generator" content="mynalib-profile">'
    ),
    "切れたリンク": lambda path: path.symlink_to(path.with_name("nowhere")),
    "装置": lambda path: path.symlink_to("/dev/null"),
}


@pytest.mark.parametrize("kind", SHEETS)
def test_the_sheet_replaces_nothing_but_an_earlier_sheet(tmp_path, kind):
    file, sheet = tmp_path / "a.csv", tmp_path / "シート.html"
    file.write_text("101,5000,00,1,20240401,,,1\n", encoding="utf-8")
    SHEETS[kind](sheet)
    before = sheet.lstat()
    code, told = answer("profile", file, "--sheet", sheet)
    assert (code, told["error"]) == (1, "NOT_WRITABLE")
    assert (sheet.lstat().st_ino, sheet.lstat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    sheet.unlink()
    assert [answer("profile", file, "--sheet", sheet)[0] for _ in range(2)] == [0, 0]


# どの置き場所でのことか、次に何を打つか ---------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_says_which_home_it_used(tmp_path, verb):
    home = found(tmp_path / "home")
    (tmp_path / "a.csv").write_text("101,5000,00,1,20240401,,,1\n", encoding="utf-8")
    more = {"profile": ("profile", tmp_path / "a.csv", "--write")}.get(verb, VERBS[verb])
    assert answer(*more, "--home", home.root)[1]["home"] == str(home.root)


def test_the_home_is_said_in_words_too_when_a_command_fails(tmp_path):
    home = found(tmp_path / "home")
    for words in (("check",), ("publish", "--month", "2026-10")):
        done = run(MODULE, *words, "--home", home.root, cwd=tmp_path)
        assert f"置き場所：{home.root}" in (done.stdout if done.returncode == 0 else done.stderr)


@pytest.mark.parametrize("verb", ["publish", "verify", "withdraw"])
def test_a_command_that_was_told_its_home_says_to_tell_the_next_one_too(tmp_path, verb):
    home = found(tmp_path / "home")
    words = {"withdraw": ("--lists", "--because", "理由")}.get(verb, ())
    elsewhere = run(MODULE, verb, "--month", "2026-10", *words, "--home", home.root, cwd=tmp_path)
    inside = run(MODULE, verb, "--month", "2026-10", *words, cwd=home.root)
    assert "myna " in elsewhere.stderr and "myna " in inside.stderr
    assert f"上の命令には --home {home.root} を付けて" in elsewhere.stderr
    assert "--home" not in inside.stderr


@pytest.mark.parametrize("name", ["わたしの 組合", "a'b", "-x", "$(touch PWNED)", "[a]*"])
def test_the_hint_of_init_works_when_it_is_pasted(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, ["init", "--", name]).stdout
    hint = next(line for line in said.splitlines() if line.strip().startswith("myna check"))
    monkeypatch.chdir("/")
    words = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {hint}"], capture_output=True, check=True
    ).stdout
    command, *given = words.decode().split("\0")[:-1]
    assert (command, answer(*given)[0]) == ("myna", 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


BLANK = [
    ("publish", "--month", MONTH, "--employer", ""),
    ("publish", "--month", MONTH, "--employer", " "),
    ("publish", "--month", MONTH, "--scheduler", ""),
    ("check", "--home", ""),
    ("record", "--receipt", ""),
    ("withdraw", "--release", " ", "--because", "理由"),
    ("demo", "--home", ""),
]


@pytest.mark.parametrize("words", BLANK, ids=" ".join)
def test_a_blank_value_is_wrong_usage_and_not_no_value(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    assert answer(*words)[0] == 2
    assert list(tmp_path.iterdir()) == []
