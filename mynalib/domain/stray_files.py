"""設定のフォルダーにあるのに、読まれない YAML のファイル：綴りの誤りと、Windows が隠した名の終わり（.yaml.txt）。"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from mynalib.domain.shipped import phrase
from mynalib.domain.strict_yaml import Document, shown

YAML = re.compile(r"\.ya?ml", re.IGNORECASE)


def stray_files(folder: Path, known: Collection[str], within: str = "") -> Iterator[Document]:
    """YAML らしいのに、known（読むものの名）にない名のファイルの、誤り。名の順に。黙って飛ばすと、その設定のないまま公開される。

    within は、場所として名の前に見せる。「.」ではじまるもの、編集ソフトの書きかけ（#society.yaml#）、もとが隣にある写し（society.yaml の隣の society.yaml.bak）は、数えない。開けないフォルダーは、空とみなす。
    """
    try:
        found = sorted(path.name for path in folder.iterdir())
    except OSError:
        return
    for name in found:
        ending = YAML.search(name)
        half_written = name.startswith(".") or (name[0] == name[-1] == "#")
        if not ending or half_written or _is_read(folder, name, known):
            continue
        original = name[: ending.end()]
        # E20.yaml.txt の隣に E20.yaml がなければ、写しではなく、E20 の設定そのもの
        if original == name or not (folder / original).exists():
            document = Document(within + shown(name))
            document.note((), phrase("stray"))
            yield document


def _is_read(folder: Path, name: str, known: Collection[str]) -> bool:
    # 大文字と小文字を区別しないところ（Windows、macOS）では、Calendar.yaml を calendar.yaml として読む
    same = name.casefold()
    return name in known or (same in known and (folder / same).exists())
