"""測るための組合を作る。事業所の大きさは種の決まった対数正規分布から、中身は人の番号だけから決まり、だれの番号でもない。"""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np

from mynalib.domain.items import ITEMS
from mynalib.domain.months import Month
from mynalib.domain.params import load_params
from mynalib.history.home import Home
from mynalib.verbs.init import found

MONTH = Month(2026, 10)
TODAY = "2026-11-05"
SEED, SPREAD = 1741, 1.4  # 大きさの対数の標準偏差。大きい一割の事業所に、およそ半分の人がいる
FIRST_NUMBER = 300_000_000  # 九桁。人数や座標と紛れない
EMPLOYER = """\
id: {id}
name: 架空事業所{number:04}
symbols:
  - {{symbol: "{symbol}", from: 2020-04-01}}
notified: true
scope: [総務部]
responsible: {{title: 総務部長}}
"""
ROWS = """
COPY (
    SELECT
        symbol,
        (first + person)::VARCHAR,
        CASE WHEN h % 5 < 3 THEN '00' ELSE '01' END,
        CASE WHEN linked_on <= $end THEN '1' ELSE '0' END,
        CASE WHEN linked_on <= $end THEN strftime(linked_on, '%Y%m%d') ELSE '' END,
        '',
        '',
        CASE WHEN h // 19 % 50 = 0 THEN '' WHEN h // 19 % 50 = 1 THEN '0' ELSE '1' END
    FROM (
        SELECT
            *,
            hash(first + person) >> 8 AS h,
            CASE WHEN h // 7 % 100 < 80 THEN DATE '2021-01-01' + (h // 11 % 2200)::INTEGER END AS linked_on
        FROM (SELECT symbol, first, unnest(range(members)) AS person FROM sizes)
    )
) TO $path (HEADER false, DELIMITER ',')
"""


def sizes(employers: int, people: int) -> np.ndarray:
    """事業所ごとの人数。合計は people、どの事業所にも一人はいる。"""
    drawn = np.random.default_rng(SEED).lognormal(0, SPREAD, employers)
    edges = np.cumsum(drawn) / drawn.sum() * (people - employers)
    return np.diff(np.rint(edges).astype(int), prepend=0) + 1


def make_home(folder: Path, employers: int) -> Home:
    """事業所が employers 社の、架空データの置き場所。"""
    os.environ["MYNA_TODAY"] = TODAY
    home = found(folder, demo=True)
    for path in (home.params / "employers").glob("E*.yaml"):
        path.unlink()
    for number in range(1, employers + 1):
        code = f"E{number:04}"
        text = EMPLOYER.format(id=code, number=number, symbol=_symbol(number))
        (home.params / "employers" / f"{code}.yaml").write_text(text, encoding="utf-8")
    load_params(home.params)
    return home


def _symbol(number: int) -> str:
    return str(10_000 + number)


def files(home: Home, members: np.ndarray, months: int) -> Iterator[tuple[Month, Path]]:
    """月ごとのファイル。古い月から。一つずつ作り、次に進むと前のものは消える。"""
    firsts = FIRST_NUMBER + np.cumsum(members) - members
    rows = [
        (_symbol(at), int(first), int(size))
        for at, (first, size) in enumerate(zip(firsts, members, strict=True), 1)
    ]
    for back in reversed(range(months)):
        month = MONTH.plus(-back)
        path = home.inbox / f"{month}.csv"
        _write(path, rows, month)
        yield month, path
        path.unlink()


def _write(path: Path, rows: list[tuple[str, int, int]], month: Month) -> None:
    body = path.with_suffix(".body")
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute("CREATE TABLE sizes (symbol VARCHAR, first BIGINT, members BIGINT)")
        db.executemany("INSERT INTO sizes VALUES (?, ?, ?)", rows)
        db.execute(ROWS, {"end": month.end, "path": str(body)})
    with path.open("wb") as file, body.open("rb") as rest:
        file.write((",".join(item.label for item in ITEMS) + "\n").encode("cp932"))
        while block := rest.read(1 << 22):
            file.write(block)
    body.unlink()
