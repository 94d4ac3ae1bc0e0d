"""新しい置き場所を作る：見本の params、空の名簿、分析の作業台のノートブック。"""

import shutil
from pathlib import Path

from mynalib.domain.errors import MynaError, Problem
from mynalib.history.access import open_folder, tighten
from mynalib.history.certificates import ISSUED_COLUMNS, WANTED_COLUMNS
from mynalib.history.demo_marks import is_marked, not_made_by_demo
from mynalib.history.files import write_file, writing
from mynalib.history.home import Home, shipped
from mynalib.history.registers import DECISIONS, HEADER
from mynalib.intake.source import require_plain_name
from mynalib.reminders.text_rules import FILE
from mynalib.reminders.texts import shipped_letters
from mynalib.verbs.lab import put_bench_notebook

REGISTERS = dict.fromkeys(("optout", "pending_cancellation", "never_contact"), HEADER)
REGISTERS |= {"decisions": DECISIONS}
REGISTERS |= {"certificates_issued": ISSUED_COLUMNS, "certificates_wanted": WANTED_COLUMNS}


class NotEmpty(MynaError):
    """新しく作るはずの場所に、もう何かがある。"""

    code = "NOT_EMPTY"
    what = "空のフォルダーではありません"
    fix = "別の名のフォルダーを指定してください。"


def found(folder: Path, demo: bool = False, shared: bool = False) -> Home:
    """folder に置き場所を作る。見本の params を写し、名簿は見出しだけで、ノートブックは作業台だけを置く。

    公開するノートブックは写さない。置き場所にあれば、それが公開に使われ、道具を新しくしても古いままになるので（docs/decisions.md）。

    Args:
        shared: 同じ組（グループ）の人も使う。
    Raises:
        NotEmpty: もう何かがある。架空データの置き場所を作り直すときは、前の demo が作ったもののほかに、何かがある。
        BadPath: 名が UTF-8 でない。
        NotWritable: 書けない、フォルダーでない。
    """
    require_plain_name(folder.resolve(), "フォルダー")
    home = Home(folder.resolve())
    with writing(home.root):
        # 消すのは、demo が印を付けた場所だけ。ふつうの init は、中に何かがあれば、いつも断る
        if demo and is_marked(home):
            _clear_demo(home)
        if home.root.exists() and any(home.root.iterdir()):
            raise NotEmpty(where=str(folder))
        _claim(home, shared)
    # private は data/ の印（組で使うか）を見るので、data/ を作ったあとで
    with writing(home.root), home.private():
        shutil.copytree(shipped("params"), home.params)
        for place in (home.inbox, home.registers):
            place.mkdir(parents=True, exist_ok=True)
        for name, columns in REGISTERS.items():
            # 人が Excel で開いて書き足すので、BOM と CRLF
            (home.registers / f"{name}.csv").write_text(
                ",".join(columns) + "\r\n", encoding="utf-8-sig", newline=""
            )
        put_bench_notebook(home)
        write_file(home.texts / FILE, shipped_letters().encode())
        if demo:
            society = home.params / "society.yaml"
            text = society.read_text(encoding="utf-8").replace("\ndemo: false", "\ndemo: true")
            society.write_text(text, encoding="utf-8")
        home.tighten()
    return home


def _claim(home: Home, shared: bool) -> None:
    """data/ は持ち主（か、その組）だけのもの、公開の置き場所とそこへの道は、だれでもたどれるもの。もうあるフォルダーは、広げない。"""
    for place in (home.root, home.reports):
        open_folder(place, shared)
    # もうあれば、ここで止まる。二人が同時に作っても、一人だけが先へ進む
    home.data.mkdir()
    tighten([home.data], shared)


def _clear_demo(home: Home) -> None:
    """前の demo が作ったものを消す。ほかのものが一つでもあれば、何も消さない。"""
    if foreign := not_made_by_demo(home):
        problems = [
            Problem(path, "demo が作ったものではないか、あとで変わっています") for path in foreign
        ]
        fix = "要るものなら、別の場所に移すか、--home で別の名を指定してください。要らなければ、フォルダーごと消してください。"
        raise NotEmpty(where=str(home.root), problems=problems, fix=fix)
    shutil.rmtree(home.root)
