"""reports/ か data/ が、ほかのファイルシステム（共有フォルダーなど）にある。置くのは、写してから、やはり一度に。"""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from societies import MONTHS, SmallSociety, everybody, same_key

from mynalib.history.home import Home
from mynalib.history.placing import place_folder
from mynalib.history.revisions import revisions
from mynalib.verbs.check import check_home
from mynalib.verbs.verify import verify

pytestmark = [
    pytest.mark.large,
    pytest.mark.skipif(sys.platform == "win32", reason="/dev/shm は、Linux にしかない"),
]


@pytest.fixture
def elsewhere(tmp_path) -> Iterator[Path]:
    """tmp_path とは別のファイルシステムのフォルダー。そうでなければ、試験にならないので失敗する。"""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="myna-test-") as folder:
        assert Path(folder).stat().st_dev != tmp_path.stat().st_dev, (
            "同じファイルシステムでは、確かめたことにならない"
        )
        yield Path(folder)


def moved(folder: Path, elsewhere: Path) -> Path:
    """フォルダーを elsewhere に移し、もとの場所からは、つなぐだけにする。"""
    target = elsewhere / folder.name
    shutil.move(folder, target)
    folder.symlink_to(target)
    return target


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_month_is_published_to_a_shelf_on_another_file_system(small, elsewhere, _published):
    shelf = moved(small.home.reports, elsewhere)
    same_key(small, SmallSociety(Home(_published)))
    half = shelf / ".placing-2026-10"
    half.mkdir()
    (half / "reminders.xlsx").write_bytes(b"half")
    assert small.publish().folder.resolve() == shelf / "2026-10"
    assert small.bytes_of() == SmallSociety(Home(_published)).bytes_of(), (
        "どこに置いても、同じバイト"
    )
    assert sorted(path.name for path in shelf.iterdir()) == [
        "2026-10",
        "assets",
        "index.css",
        "index.html",
    ], "落ちた処理の残りは、消える"
    verify(small.home, small.params, MONTHS[1])
    assert check_home(small.home).errors == ()
    assert small.publish().outcome == "unchanged"
    open_to_all = {path.name for path in small.release.iterdir() if path.stat().st_mode & 0o007}
    assert open_to_all == {"assets", "index.html", "management", "notice"}


def test_the_data_may_be_on_another_file_system_than_the_shelf(small, elsewhere):
    moved(small.home.data, elsewhere)
    assert small.ingest(MONTHS[1], everybody()[1:], replace=True)["outcome"] == "loaded"
    assert small.publish().outcome == "released"
    assert check_home(small.home).errors == ()


@pytest.mark.parametrize("name", ["originals", "months", "registers"])
def test_a_part_of_the_data_may_be_on_another_file_system(small, elsewhere, name):
    moved(small.home.data / name, elsewhere)
    assert small.ingest(MONTHS[1], everybody()[1:], replace=True)["outcome"] == "loaded"
    assert check_home(small.home).errors == ()


def staged(folder: Path) -> Path:
    """四つのファイル。二つは、同じ中身を指す。"""
    (folder / "E01" / "assets").mkdir(parents=True)
    (folder / "E01" / "index.html").write_text("E01", encoding="utf-8")
    (folder / "bundle.js").write_bytes(b"x" * 300_000)
    (folder / "E01" / "assets" / "bundle.js").hardlink_to(folder / "bundle.js")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    return folder


def test_what_shares_its_bytes_still_does_on_the_other_side(tmp_path, elsewhere):
    whole = everything(staged(tmp_path / "staged"))
    placed = place_folder(tmp_path / "staged", elsewhere, MONTHS[1])
    assert everything(placed) == whole
    assert (placed / "bundle.js").samefile(placed / "E01" / "assets" / "bundle.js")
    assert not (tmp_path / "staged").exists()
    again = place_folder(staged(tmp_path / "staged"), elsewhere, MONTHS[1], known=["2026-10-r4"])
    assert again.name == "2026-10-r5", "前に使った版の名は、使わない"


KILLED = """
import os, signal, sys
from pathlib import Path
from mynalib.domain.months import Month
from mynalib.history.placing import place_folder
seen = iter(range(10**6))
events = ("shutil.copyfile", "os.rename", "os.link", "os.mkdir", "open", "shutil.rmtree")
def hook(event, arguments):
    watched = event in events and any(str(one).startswith((sys.argv[1], sys.argv[2])) for one in arguments)
    if watched and next(seen) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
place_folder(Path(sys.argv[1]), Path(sys.argv[2]), Month.parse("2026-10"))
"""


def test_killed_at_any_step_the_folder_is_there_whole_or_not_at_all(tmp_path, elsewhere):
    seen = {"whole": 0, "absent": 0}
    for step in range(0, 60, 4):
        made, shelf = staged(tmp_path / f"staged{step}"), elsewhere / f"shelf{step}"
        whole = everything(made)
        shelf.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(made), str(shelf), str(step)], check=False
        )
        assert done.returncode in (0, -signal.SIGKILL)
        found = revisions(shelf)
        seen["whole" if found else "absent"] += 1
        assert [everything(folders[-1]) for folders in found.values()] in ([], [whole])
        if not found:
            assert everything(place_folder(made, shelf, MONTHS[1])) == whole, (
                "もう一度すれば、置ける"
            )
            assert [path.name for path in shelf.iterdir()] == ["2026-10"]
        if done.returncode == 0:
            break
    assert min(seen.values()) > 0


def test_a_full_share_leaves_nothing_behind(tmp_path, elsewhere):
    made = staged(tmp_path / "staged")
    code = "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    code += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code += "from pathlib import Path\nfrom mynalib.domain.months import Month\n"
    code += "from mynalib.history.files import DiskFull, writing\n"
    code += "from mynalib.history.placing import place_folder\n"
    code += "try:\n    with writing(Path(sys.argv[2])):\n"
    code += "        place_folder(Path(sys.argv[1]), Path(sys.argv[2]), Month.parse('2026-10'))\n"
    code += "except DiskFull as error:\n    print(error.code)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(made), str(elsewhere)], capture_output=True, text=True
    )
    assert done.stdout.strip() == "DISK_FULL", done.stderr
    assert list(elsewhere.iterdir()) == []
    assert place_folder(made, elsewhere, MONTHS[1]).name == "2026-10"
