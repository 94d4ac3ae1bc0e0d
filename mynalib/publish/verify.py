"""公開したものを開き直して確かめる：ハッシュ、過不足、点検。"""

from pathlib import Path

from mynalib.domain.errors import MynaError, Problem
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import sha256
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.months import UnknownMonth
from mynalib.publish.capsules import open_source
from mynalib.publish.gate import inspect
from mynalib.publish.shelf import differences, read_manifest, releases


class ReleaseDamaged(MynaError):
    """公開したものが、公開したときのままでない。"""

    code = "RELEASE_DAMAGED"


def verify(home: Home, params: Params, month: Month) -> tuple[Path, int]:
    """その月の公開を確かめ、その場所と、成果物の数を返す。

    Raises:
        UnknownMonth: 公開していない。
        ReleaseDamaged: 違うところ（全て一度に）。
        GateFailed: 点検で見つかった。
    """
    folder = releases(home).get(month)
    if folder is None:
        raise UnknownMonth(where=str(month), why="not_released", month=month)
    manifest = read_manifest(folder)
    problems = [*differences(folder, manifest["artefacts"])]
    recorded = {line["manifest_sha256"] for line in Ledger(home.ledger).lines() if line["did"] == "released"}
    if sha256(folder / "manifest.json") not in recorded:
        problems.append(Problem("manifest.json", "台帳に書いたものと違います"))
    if problems:
        raise ReleaseDamaged(where=folder.name, count=len(problems), problems=problems)
    source = open_source(home, params, month)
    inspect(source, folder, manifest["artefacts"], again=True)
    return folder, len(manifest["artefacts"])
