"""試験の道具：月を置いている途中で kill -9 し、そのたびに、置き場所が無事かを確かめる（子を fork するので別に動かす）。

`kills.py フォルダー 回数 種` は、月を置く処理だけを止める。`kills.py --serve` は、頼まれた命令（myna ingest など）を、
読みこみを済ませたプロセスから fork して動かし、頼まれた一歩・時刻で止める。`kills.py --fill フォルダー` は、空きを
変えながら取り込む（フォルダーは、小さな tmpfs）。
"""

import ctypes
import importlib
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from months import Person, load_month, make_home, own_request, put_month, registered

from mynalib import cli
from mynalib.domain.errors import MynaError
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import kept_months, staging, verify_month
from mynalib.history.recovery import settle
from mynalib.intake import workbench
from mynalib.verbs.check import check_home
from mynalib.verbs.ingest import ingest

STEPS = ("os.rename", "os.chmod", "os.mkdir", "shutil.copyfile", "os.truncate", "os.remove")
MOST_STEPS = 14
LONGEST = 0.5  # 秒。置いて記録し終えるまでより、少し長い
WATCHED = {*STEPS, "open", "os.rmdir", "shutil.rmtree"}
READY = (  # 命令が、要るときに読みこむもの。fork の前に、一度だけ
    "mynalib.jobs.warm",
    "mynalib.release.draft",
    *(f"mynalib.verbs.{name}" for name in ("profile", "publish", "verify")),
)
BALLAST = "ballast"
PAGE = 4096
STAGES = {  # 取込のどこで空きが尽きたか。関数の名から
    "copy_clean": "写し",
    "_order": "計算の途中",
    "_stage": "計算の途中",
    "_quarantine": "計算の途中",
    "read_file": "月の Parquet",
    "write_text": "判定",
    "copyfile": "原本",
    "write_tables": "記憶",
    "append": "台帳",
}


def main(folder: Path, trials: int, seed: int) -> dict:
    rng = random.Random(seed)
    home = Home(folder)
    _in_child(lambda: _found(folder))
    counts = {"killed": 0, "finished": 0, "whole": 0, "absent": 0}
    for trial in range(trials):
        before = _snapshot(home)
        # 決まった一歩の前か、ある時間のあとか
        step = rng.randrange(MOST_STEPS) if trial % 2 else None
        status = _killed(home, trial, step, rng.uniform(0, LONGEST))
        counts["killed" if status else "finished"] += 1
        counts["whole" if set(_folders(home)) - set(before) else "absent"] += 1
        _in_child(lambda before=before: _inspect(home, before))
    return counts


def _found(folder: Path) -> None:
    home = make_home(folder)
    for month in ("2026-05", "2026-06", "2026-07"):
        load_month(home, month, _people(0))


def _people(trial: int) -> list[Person]:
    people = [
        own_request(f"{number:05}") if number % 9 == 0 else registered(f"{number:05}")
        for number in range(1, 600)
    ]
    return [Person(p.number) if int(p.number) % (trial % 5 + 11) == 0 else p for p in people]


def _killed(home: Home, trial: int, step: int | None, delay: float) -> int:
    child = os.fork()
    if child == 0:
        _load(home, trial, step)
    if step is None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _load(home: Home, trial: int, step: int | None) -> None:
    seen = iter(range(10**9))
    if step is not None:
        sys.addaudithook(
            lambda event, _: (
                event in STEPS and next(seen) == step and os.kill(os.getpid(), signal.SIGKILL)
            )
        )
    put_month(home, f"2026-{8 + trial % 3:02}", _people(trial))
    settle(home)
    os._exit(0)


def _inspect(home: Home, before: dict) -> None:
    assert {name: _snapshot(home).get(name) for name in before} == before, "前の月が変わった"
    for kept in kept_months(home):
        verify_month(kept)
    settle(home)
    first = home.kept_back.read_bytes()
    recorded = [line["folder"] for line in Ledger(home.ledger).lines()]
    assert len(recorded) == len(set(recorded))
    assert set(recorded) >= {kept.folder.name for kept in kept_months(home)}
    home.kept_back.unlink()
    settle(home)
    assert home.kept_back.read_bytes() == first, "記憶が、月から作り直したものと違う"
    assert check_home(home).errors == ()
    staging(home).rmdir()
    assert [p.name for p in home.months.iterdir() if p.name.startswith(".")] == [], (
        "途中のものが残った"
    )


def _folders(home: Home) -> list[str]:
    return (
        [path.name for path in home.months.iterdir() if not path.name.startswith(".")]
        if home.months.exists()
        else []
    )


def _snapshot(home: Home) -> dict:
    return {
        name: {p.name: sha256(p) for p in sorted((home.months / name).iterdir())}
        for name in _folders(home)
    }


def _in_child(task) -> None:
    """DuckDB の糸を親に作らないために、子でする。"""
    child = os.fork()
    if child == 0:
        try:
            task()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("確かめたところ、無事でない")


# ---- 頼まれた命令を fork して動かす


def serve() -> None:
    """一行の JSON を受け取り、その命令を子で動かし、結果を一行の JSON で返す。"""
    for name in READY:
        importlib.import_module(name)
    stopped: dict[int, dict] = {}
    for line in sys.stdin:
        job = json.loads(line)
        done = _resumed(stopped.pop(job["resume"])) if "resume" in job else _run(job)
        if done.get("stopped"):
            stopped[done["pid"]] = done
        print(
            json.dumps({name: value for name, value in done.items() if name != "files"}), flush=True
        )


def _run(job: dict) -> dict:
    """argv を動かす。

    kill_after 秒のあとか、watch の中のファイルに触る kill_at 歩目の前に SIGKILL する。stop_at 歩目の前では、止めたまま
    返す。ordinary は、管理者でない人と同じく、書きこみの禁止に従う。fsize は書けるファイルの大きさの上限。
    """
    files = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115 返事をするまで開けておく
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        _command(job, files)
    if "kill_after" in job:
        time.sleep(job["kill_after"])
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, os.WUNTRACED if "stop_at" in job else 0)
    done = {"pid": child, "files": files, "seconds": time.monotonic() - begun}
    return done | ({"stopped": True} if os.WIFSTOPPED(status) else _reply(status, files))


def _resumed(stopped: dict) -> dict:
    os.kill(stopped["pid"], signal.SIGCONT)
    _, status = os.waitpid(stopped["pid"], 0)
    return {"pid": stopped["pid"]} | _reply(status, stopped["files"])


def _reply(status: int, files: list) -> dict:
    texts = []
    for file in files:
        file.seek(0)
        texts.append(file.read().decode("utf-8", "replace"))
        file.close()
    return {
        "code": os.waitstatus_to_exitcode(status),
        "out": texts[0],
        "err": texts[1],
        "steps": int(texts[2] or 0),
    }


def _command(job: dict, files: list) -> None:
    """子の中。命令を動かして終わる。戻らない。"""
    code = 70
    try:
        for number, file in enumerate(files[:2], 1):
            os.dup2(file.fileno(), number)
        out, err = (open(number, "wb", closefd=False) for number in (1, 2))  # noqa: SIM115
        sys.stdout, sys.stderr = io.TextIOWrapper(out), io.TextIOWrapper(err)
        os.environ.update(job.get("env", {}))
        if job.get("ordinary"):
            _become_ordinary()
        if job.get("fsize"):
            resource.setrlimit(resource.RLIMIT_FSIZE, (job["fsize"], job["fsize"]))
        steps = _watch(job)
        sys.argv = ["myna", *job["argv"]]
        try:
            cli.main()
            code = 0
        except SystemExit as error:
            code = error.code or 0
        os.write(files[2].fileno(), str(next(steps)).encode())
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become_ordinary() -> None:
    """権限を無視する力（CAP_DAC_OVERRIDE と CAP_DAC_READ_SEARCH）を捨てる。管理者でなければ、はじめからない。"""
    if os.geteuid() == 0:
        header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.capget(header, sets) == 0
        sets[0], sets[1] = sets[0] & ~0b110, sets[1] & ~0b110
        assert libc.capset(header, sets) == 0


def _watch(job: dict) -> Iterator[int]:
    """watch の中のファイルに触る歩を数え、頼まれた歩の前で止まる。"""
    steps = iter(range(10**9))
    signals = {job.get("kill_at"): signal.SIGKILL, job.get("stop_at"): signal.SIGSTOP}

    def hook(event: str, args: tuple) -> None:
        if event in job.get("events", WATCHED) and str(args[0]).startswith(job["watch"]):
            step = next(steps)
            if step in signals:
                os.kill(os.getpid(), signals[step])

    if "watch" in job:
        sys.addaudithook(hook)
    return steps


# ---- 空きを変えながら取り込む


def fill(folder: Path, memory: str, points: int) -> list[dict]:
    """folder（小さな tmpfs）の home に file.csv を取り込む。空きが足りないところから、足りるところまで、順に増やす。

    そのたびに、空きを戻して、同じ命令をもう一度動かす。
    """
    home, spare, small = Home(folder / "home"), folder.parent / "spare", memory == "small"
    shutil.copytree(home.root, spare)
    results = []
    for pages in _points(home, folder, small, points):
        shutil.rmtree(home.root)
        shutil.copytree(spare, home.root)
        before = _snapshot(home)
        _leave(folder, pages)
        full = _told(lambda: _ingested(home, small))
        (folder / BALLAST).unlink()
        kept = {name: _snapshot(home).get(name) for name in before} == before
        checked = _told(lambda: list(map(str, check_home(home).errors)))
        again = _told(lambda: _ingested(home, small))
        left = [str(p.relative_to(home.data)) for p in home.data.rglob("*") if _is_left_over(p)]
        whole = _told(lambda before=before: [_inspect(home, before)])
        now = {"pages": pages, "full": full, "kept": kept, "checked": checked}
        results.append(now | {"again": again, "left": left, "whole": whole})
    return results


def _points(home: Home, folder: Path, small: bool, points: int) -> list[int]:
    """試す空き。ふつうは、写しがちょうど入るところと、終わりのほうを細かく。small は、写しが入り、計算の途中が入らないあたり。"""
    lines = (folder.parent / "file.csv").read_bytes().splitlines()
    if small:
        copy = sum(len(line) + 1 for line in lines) // PAGE
        return [copy + 64 + 800 * point // points for point in range(points)]
    needed = _pages_needed(home, folder)
    copy = sum(len(line.replace(b'"', b"")) + 1 for line in lines) // PAGE + 1
    if points > 5:
        steps = {needed * point // points for point in range(points)}
        return sorted({*steps, *range(copy, copy + 6), *range(needed - 3, needed + 2)})
    return sorted({0, copy + 1, needed - 1, needed + 2})


def _is_left_over(path: Path) -> bool:
    return (
        path.name == ".incoming" or path.name.startswith(".spill-") or path.name.endswith(".part")
    )


def _pages_needed(home: Home, folder: Path) -> int:
    """一つの取込が、あとに残すページ。"""
    free = shutil.disk_usage(folder).free
    done = _told(lambda: _ingested(home, small=False))
    assert done.get("outcome") == "loaded", done
    return (free - shutil.disk_usage(folder).free) // PAGE


def _leave(folder: Path, pages: int) -> None:
    """空きを、この数のページだけ残す。"""
    with (folder / BALLAST).open("wb") as file:
        file.write(b"x" * max(0, shutil.disk_usage(folder).free - pages * PAGE))


def _ingested(home: Home, small: bool) -> dict:
    confirm = []
    if small:
        workbench.MEMORY, workbench.THREADS = "32MB", 1  # 計算の途中を、ディスクに書かせる
        confirm = ["SUSPICIOUS_CHANGE", "SUSPICIOUS_RISE"]  # 前の月より、ずっと大きい
    file = home.root.parents[1] / "file.csv"
    try:
        return ingest(home, load_params(home.params), file, Month.parse("2026-10"), confirm=confirm)
    except MynaError as error:
        return {
            "error": error.code,
            "where": error.where,
            "fix": error.fix,
            "stage": _stage_of(error),
        }


def _stage_of(error: BaseException | None) -> str:
    """どこで尽きたか。いちばん深い、知っている関数の名から。"""
    names: list[str] = []
    while error:
        names = [frame.name for frame in traceback.extract_tb(error.__traceback__)] + names
        error = error.__context__
    return next((STAGES[name] for name in reversed(names) if name in STAGES), "ほか")


def _told(task) -> dict | list:
    """子でして、結果を JSON で受け取る。"""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            told = task()
        except BaseException as error:
            told = {"crashed": type(error).__name__, "trace": traceback.format_exc()}
        os.write(write, json.dumps(told, default=str).encode())
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:  # noqa: PTH123
        content = pipe.read()
    os.waitpid(child, 0)
    return json.loads(content)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve()
    elif sys.argv[1] == "--fill":
        print(json.dumps(fill(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))))
    else:
        print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
