"""pandas で、取込と同じ検査をする。pyarrow があれば、読み書きに使う（ずっと速い）。"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from mynalib.domain.employers import fold_symbol
from mynalib.domain.items import NAMES

CODES = {
    "state": ("0", "1"),
    "cancel_kind": ("", "1", "2", "3"),
    "certificate_flag": ("", "0", "1"),
}
DATES = ("registered_on", "cancelled_on")
HAS_PYARROW = find_spec("pyarrow") is not None

Checked = tuple[str, str, np.ndarray]  # 理由、項目、その誤りのある行


def take_in(path: Path, into: Path, symbols: Sequence[str], first: date, last: date) -> dict:
    """検査し、members.parquet と quarantine.parquet を書く。番号は 64 ビットの整数で比べる（18 桁まで）。"""
    engine = "pyarrow" if HAS_PYARROW else "c"
    rows = pd.read_csv(
        path, names=NAMES, header=0, dtype="str", keep_default_na=False, engine=engine
    )
    rows.insert(0, "line", np.arange(2, len(rows) + 2, dtype=np.int32))
    faults = [
        *_check_keys(rows),
        *_check_codes(rows),
        *_check_dates(rows, first, last),
        *_check_symbols(rows, symbols),
    ]
    quarantined, good = _split(rows, faults)
    members = _sorted(rows, good)
    surplus = _surplus(members)
    twins = pd.DataFrame({"line": members["line"][surplus], "reason": "DUPLICATE_KEY"})
    members, quarantined = members[~surplus], pd.concat([quarantined, twins]).sort_values("line")
    _write(_written(members), into / "members.parquet")
    _write(quarantined, into / "quarantine.parquet")
    return {
        "accepted": len(members),
        "reasons": quarantined["reason"].value_counts().sort_index().to_dict(),
    }


def _check_keys(rows: pd.DataFrame) -> Iterator[Checked]:
    number = rows["number"]
    yield "MISSING_KEY", "number", number.eq("").to_numpy()
    yield "BAD_KEY", "number", ~number.str.fullmatch("[0-9]{1,18}").to_numpy(bool)
    shaped = re.compile("[0-9]{1,2}")
    yield from _recode(
        rows, "branch", "BAD_KEY", lambda text: int(text) if shaped.fullmatch(text) else None
    )


def _check_codes(rows: pd.DataFrame) -> Iterator[Checked]:
    for name, codes in CODES.items():
        yield from _recode(
            rows,
            name,
            "BAD_CODE",
            lambda text, codes=codes: int(text or -1) if text in codes else None,
        )


def _recode(
    rows: pd.DataFrame, name: str, reason: str, read: Callable[[str], int | None]
) -> Iterator[Checked]:
    """列を小さい整数にする。種類の少ない列なので、種類ごとに一度だけ読む。"""
    codes, kinds = pd.factorize(rows[name])
    values = [read(text) for text in kinds]
    rows[name] = np.array([-1 if value is None else value for value in values], np.int8)[codes]
    yield reason, name, np.array([value is None for value in values])[codes]


def _check_dates(rows: pd.DataFrame, first: date, last: date) -> Iterator[Checked]:
    for name in DATES:
        codes, kinds = pd.factorize(rows[name])
        kinds = pd.Series(kinds)
        days = pd.to_datetime(
            kinds.where(kinds.str.fullmatch("[0-9]{8}")), format="%Y%m%d", errors="coerce"
        )
        days = days.where(days.between(pd.Timestamp(first), pd.Timestamp(last)))
        rows[name] = days.to_numpy("datetime64[s]")[codes]
        yield "BAD_DATE", name, (days.isna() & kinds.ne("")).to_numpy()[codes]


def _check_symbols(rows: pd.DataFrame, symbols: Sequence[str]) -> Iterator[Checked]:
    """記号を、登録どおりの記号にする。"""
    registered, ordered = {fold_symbol(one): one for one in symbols}, sorted(symbols)
    codes, kinds = pd.factorize(rows["symbol"])
    places = pd.Index(ordered).get_indexer([registered.get(fold_symbol(text)) for text in kinds])[
        codes
    ]
    rows["symbol"] = pd.Categorical.from_codes(places, ordered)
    yield "UNKNOWN_KIGO", "symbol", places < 0


def _split(rows: pd.DataFrame, faults: Sequence[Checked]) -> tuple[pd.DataFrame, np.ndarray]:
    """隔離する行と、残りの行の位置。一行に誤りが二つ以上あれば、先のものをとる。"""
    fault = np.full(len(rows), -1, np.int8)
    for at in reversed(range(len(faults))):
        fault[faults[at][2]] = at
    bad = np.flatnonzero(fault >= 0)
    names = pd.DataFrame([one[:2] for one in faults], columns=["reason", "column"]).iloc[fault[bad]]
    return names.assign(line=rows["line"].to_numpy()[bad]), np.flatnonzero(fault < 0)


def _sorted(rows: pd.DataFrame, good: np.ndarray) -> pd.DataFrame:
    """人（記号、番号、枝番）の順。同じ人の行は、行番号の順。"""
    key = rows["number"].iloc[good].astype("int64").to_numpy()
    order = np.lexsort(
        (rows["branch"].to_numpy()[good], key, rows["symbol"].cat.codes.to_numpy()[good])
    )
    return rows.take(good[order]).assign(key=key[order]).reset_index(drop=True)


def _surplus(members: pd.DataFrame) -> np.ndarray:
    """人の順に並んだ行のうち、隔離する同じ人の行。同じ中身なら先の行を残し、食い違えば一つも残さない。"""
    person = (members["symbol"].cat.codes, members["key"], members["branch"])
    again = np.logical_and.reduce([np.diff(one.to_numpy(), prepend=-1) == 0 for one in person])
    twin = np.flatnonzero(again | np.append(again[1:], False))
    facts = members.loc[twin, list(NAMES[3:])].assign(person=np.cumsum(~again[twin]))
    kinds = facts.drop_duplicates()["person"].value_counts()
    again[twin[facts["person"].isin(kinds.index[kinds > 1])]] = True
    return again


def _written(members: pd.DataFrame) -> pd.DataFrame:
    codes = {name: members[name].astype("Int8").mask(members[name] < 0) for name in CODES}
    branches = pd.Categorical.from_codes(
        members["branch"], [f"{branch:02}" for branch in range(100)]
    )
    return members.assign(branch=branches, **codes).drop(columns="key")


def _write(frame: pd.DataFrame, path: Path) -> None:
    if HAS_PYARROW:
        frame.to_parquet(path, compression="zstd", index=False)
        return
    db = duckdb.connect(config={"threads": 2})
    db.register("frame", frame)
    db.execute("COPY frame TO $path (FORMAT parquet, COMPRESSION zstd)", {"path": str(path)})
    db.close()
