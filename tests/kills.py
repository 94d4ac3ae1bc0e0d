"""試験の道具：月を置いている途中で kill -9 し、そのたびに、置き場所が無事かを確かめる（子を fork するので別に動かす）。"""

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

from months import Person, load_month, make_home, own_request, put_month, registered

from mynalib.history.checking import check_home
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import kept_months, staging, verify_month
from mynalib.history.settling import settle

STEPS = ("os.rename", "os.chmod", "os.mkdir", "shutil.copyfile", "os.truncate", "os.remove")
MOST_STEPS = 14
LONGEST = 0.5  # 秒。置いて記録し終えるまでより、少し長い


def main(folder: Path, trials: int, seed: int) -> dict:
    rng = random.Random(seed)
    home = Home(folder)
    _in_child(lambda: _found(folder))
    counts = {"killed": 0, "finished": 0, "whole": 0, "absent": 0}
    for trial in range(trials):
        before = _snapshot(home)
        step = rng.randrange(MOST_STEPS) if trial % 2 else None  # 決まった一歩の前か、ある時間のあとか
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
        own_request(f"{number:05}") if number % 9 == 0 else registered(f"{number:05}") for number in range(1, 600)
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
            lambda event, _: event in STEPS and next(seen) == step and os.kill(os.getpid(), signal.SIGKILL)
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
    assert [p.name for p in home.months.iterdir() if p.name.startswith(".")] == [], "途中のものが残った"


def _folders(home: Home) -> list[str]:
    return (
        [path.name for path in home.months.iterdir() if not path.name.startswith(".")] if home.months.exists() else []
    )


def _snapshot(home: Home) -> dict:
    return {name: {p.name: sha256(p) for p in sorted((home.months / name).iterdir())} for name in _folders(home)}


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


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
