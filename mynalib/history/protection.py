"""名簿が減っていないか：公開のたびに、名簿の行を鍵つきのハッシュで残し、次に、無くなった行を数える。

行が名簿から出られるのは、撤回日か処理が書かれたときだけで、その行も名簿に残る。だから、前に公開したときにあった行は、全て
いまもあるはずである。台帳には行の数とハッシュだけが残り、だれの行かは、名簿とこの置き場所の鍵がなければ分からない。
"""

import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from mynalib.domain.errors import Problem
from mynalib.domain.params import Params
from mynalib.history.files import sha256, write_file
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.registers import ALLOWED, Entry

Rows = dict[str, Counter[str]]  # 名簿の名 → 行の鍵つきのハッシュと、その数

SHEETS = frozenset((".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".numbers"))
NOT_REGISTERS = frozenset(
    ("thumbs.db", "desktop.ini")
)  # OS の置くもの。「.」と「~$」ではじまるものも
DIGITS = 32  # ハッシュの、残す 16 進の桁（128 ビット）
PUT_BACK = "消した行か古い名簿を、バックアップからもとに戻してください（書き誤りの行も消さずに、撤回日を書き、正しい行を足します）"


def lost_protection(home: Home, params: Params, entries: Iterable[Entry]) -> list[Problem]:
    """前に公開したときから減ったもの、読まれない名簿。一つでもあれば、勧奨リストは作れない。

    Returns:
        無くなった行のある名簿（行の数とともに）、設定から消えた名簿、名簿の隣の別の名簿、失われた鍵か記録。
    """
    lost = list(_lost_rows(home, params, entries))
    told = {problem.where for problem in lost}
    return [
        *lost,
        *(problem for problem in _unread_sheets(home, params) if problem.where not in told),
    ]


def protection(home: Home, params: Params, entries: Iterable[Entry]) -> dict:
    """台帳の prepared に残す、名簿の行の数とハッシュ。行ごとのハッシュは data/protection/ に置く。

    無くなった行は、戻るまで、ある行として残す。記録が読めなければ、読める前の記録を、そのまま引きつぐ。
    """
    last = _last(home)
    entries = tuple(entries)
    if last and _problem_of(home, last):
        return last
    known = _recorded(home, last) if last else {}
    files = last["files"] if last else {}
    key = _key(home) or _new_key(home)
    present = _rows(params, entries, key)
    rows = _rows(params, _holding(entries), key)
    for name, before in known.items():
        # 例：前が a、a、b、いまが a、c なら、無くなったのは a と b の一行ずつ。増えた c では埋まらない
        lost = before - present.get(name, Counter())
        # 足すのではなく、多いほう：a は、前の二行のまま残す
        rows[name] = rows.get(name, Counter()) | Counter({row: before[row] for row in lost})
    content = json.dumps(
        {name: sorted(counts.elements()) for name, counts in rows.items()}, sort_keys=True
    ).encode()
    digest = hashlib.sha256(content).hexdigest()
    write_file(home.protection / f"{digest}.json", content)
    counted = {name: counts.total() for name, counts in rows.items()}
    return {
        "rows": counted,
        "files": files | _files(params),
        "sha256": digest,
        "key": _keyed(key, "key"),
    }


def sealed(home: Home, digest: str) -> str:
    """ハッシュを、この置き場所の鍵で封じる。台帳に残しても、鍵のない人は、もとを言い当てて確かめられない。鍵を失っていれば ""。"""
    key = _key(home)
    return _keyed(key, "sealed", digest) if key else ""


def unread_files(home: Home, params: Params) -> list[Path]:
    """名簿の隣にある、設定のどの名簿でもない表（optout.xlsx、optout (1).csv など）。"""
    named = [home.root / path for path in _files(params).values()]
    # 置き場所そのものに名簿を置いても、そこは見ない。どの表も、名簿の隣になってしまう
    rooms = {home.registers, *(path.parent for path in named)} - {home.root}
    found = sorted(
        {path for room in rooms if room.is_dir() for path in room.rglob("*") if path.is_file()}
    )
    stems = {path.stem.casefold() for path in named}
    return [path for path in found if _looks_like_one(path, stems) and not _is_one_of(path, named)]


def _lost_rows(home: Home, params: Params, entries: Iterable[Entry]) -> Iterator[Problem]:
    last = _last(home)
    if last is None:  # まだ公開していない
        return
    if problem := _problem_of(home, last):
        yield problem
        return
    now = _rows(params, entries, _key(home))
    files = _files(params)
    for name, known in _recorded(home, last).items():
        where = files.get(name, last["files"][name])
        missing = (known - now.get(name, Counter())).total()
        if name not in files:
            yield Problem(
                where,
                f"society.yaml の registers に、{name}: の行がありません。もとに戻してください",
            )
        elif missing:
            yield Problem(
                where, f"前に公開したときにあった行が、{missing} 件ありません。{PUT_BACK}"
            )


def _unread_sheets(home: Home, params: Params) -> Iterator[Problem]:
    """読まない名簿に書いた申出は、だれにも届かない。"""
    read = "、".join(Path(path).name for path in _files(params).values()) or "（一つもありません）"
    for path in unread_files(home, params):
        what = f"読まれない名簿です。読む名簿は {read} です。この中の行をそこへ移して、このファイルを消してください（名簿でなければ、ほかへ移します）"
        yield Problem(path.relative_to(home.root).as_posix(), what)


def _looks_like_one(path: Path, stems: set[str]) -> bool:
    name = path.name.casefold()
    if name in NOT_REGISTERS or name.startswith((".", "~$")):
        return False
    # 「optout のコピー.bak」のように、表の形でなくても、名簿の名が入っていれば疑う
    return path.suffix.casefold() in SHEETS or any(stem in name for stem in stems)


def _is_one_of(path: Path, named: Iterable[Path]) -> bool:
    return any(one.exists() and one.samefile(path) for one in named)


def _rows(params: Params, entries: Iterable[Entry], key: bytes) -> Rows:
    """名簿の行。空の名簿も、名がある。見るのは人の鍵とその行の数だけなので、申出日、処理、判断は、直してよい。"""
    rows: Rows = {name: Counter() for name in _files(params)}
    for entry in entries:
        rows[entry.register].update(
            _keyed(key, entry.register, *person) for person in entry.written_keys
        )
    return rows


def _holding(entries: Iterable[Entry]) -> list[Entry]:
    """無くなれば、控える人が減るかもしれない行。判断が「可」だけの人の行は、無くなっても、控える人が増えるだけである。"""
    held = {entry.key for entry in entries if entry.verdict and entry.reason != ALLOWED}
    return [entry for entry in entries if not entry.verdict or entry.key in held]


def _keyed(key: bytes, *words: str) -> str:
    # JSON にしてから要約する。ただつなぐと、記号 1 番号 23 と、記号 12 番号 3 が同じになる。鍵がなければ、番号は総当たりで言い当てられる
    return hmac.new(
        key, json.dumps(words, ensure_ascii=False).encode(), hashlib.sha256
    ).hexdigest()[:DIGITS]


def _files(params: Params) -> dict[str, str]:
    """設定にある名簿の名から、その場所へ。"""
    return params.society.registers.named()


def _last(home: Home) -> dict | None:
    """いちばん新しい公開のときの記録。"""
    found = [line["protection"] for line in Ledger(home.ledger).lines() if "protection" in line]
    return found[-1] if found else None


def _problem_of(home: Home, last: dict) -> Problem | None:
    """記録と鍵が、そろっていなければ、そのわけ。"""
    record = home.protection / f"{last['sha256']}.json"
    key = _key(home)
    # 鍵そのものではなく、鍵で封じた決まった字を比べる（台帳に鍵を書かない）
    broken = [] if key and _keyed(key, "key") == last["key"] else [home.ledger_key]
    broken += [] if record.is_file() and sha256(record) == last["sha256"] else [record]
    what = "無いか変えられていて、名簿が減っていないかを確かめられません。バックアップからもとに戻してください"
    return Problem(broken[0].relative_to(home.root).as_posix(), what) if broken else None


def _recorded(home: Home, last: dict) -> Rows:
    content = json.loads((home.protection / f"{last['sha256']}.json").read_text(encoding="utf-8"))
    return {name: Counter(rows) for name, rows in content.items()}


def _key(home: Home) -> bytes | None:
    return home.ledger_key.read_bytes() if home.ledger_key.is_file() else None


def _new_key(home: Home) -> bytes:
    """この置き場所だけの秘密。一度だけ作り、なくせば名簿を確かめられなくなる。"""
    key = secrets.token_hex(32).encode()
    write_file(home.ledger_key, key)
    return key
