"""polars で、取込と同じ検査をする。スレッドの数は、環境変数 POLARS_MAX_THREADS で決まる。"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from mynalib.domain.employers import FOLD_FROM, FOLD_TO, TRIMMED, fold_symbol
from mynalib.domain.items import NAMES

CODES = {"state": ["0", "1"], "cancel_kind": ["1", "2", "3"], "certificate_flag": ["0", "1"]}
DATES = ("registered_on", "cancelled_on")
PERSON = ("registered", "key", "branch")

Rule = tuple[str, str, pl.Expr]  # 理由、項目、誤りか


def take_in(path: Path, into: Path, symbols: Sequence[str], first: date, last: date) -> dict:
    """検査し、members.parquet と quarantine.parquet を書く。番号は 64 ビットの整数で比べる（18 桁まで）。"""
    names = {
        "with_column_names": lambda _: list(NAMES),
        "row_index_name": "line",
        "row_index_offset": 2,
    }
    text = pl.scan_csv(path, infer_schema=False, **names)  # 空欄は null になる
    rules = tuple(_rules(first, last))
    rows = _checked(text, symbols, rules).collect(engine="streaming")
    ordered = (
        rows.lazy()
        .filter(pl.col("fault").is_null())
        .sort(*PERSON, "line")
        .with_columns(again=_again())
        .collect()
    )
    surplus = _surplus(ordered)
    quarantined = pl.concat([_faulty(rows, rules), surplus], how="diagonal").sort("line")
    members = ordered.filter(~pl.col("line").is_in(surplus["line"].implode())).select(_written())
    members.write_parquet(into / "members.parquet", compression="zstd")
    quarantined.write_parquet(into / "quarantine.parquet", compression="zstd")
    return {
        "accepted": len(members),
        "reasons": dict(quarantined.group_by("reason").len().sort("reason").iter_rows()),
    }


def _rules(first: date, last: date) -> Iterator[Rule]:
    """一行に誤りが二つ以上あれば、先のものをとる。"""
    for name, shape in (("number", "^[0-9]{1,18}$"), ("branch", "^[0-9]{1,2}$")):
        yield "MISSING_KEY", name, pl.col(name).is_null()
        yield "BAD_KEY", name, ~pl.col(name).str.contains(shape)
    yield "BAD_CODE", "state", pl.col("state").is_null()
    for name, codes in CODES.items():
        yield "BAD_CODE", name, ~pl.col(name).is_in(codes)
    for name in DATES:
        eight_digits = pl.col(name).str.contains("^[0-9]{8}$")
        possible = _day(name).is_between(first, last).fill_null(False)
        yield "BAD_DATE", name, pl.col(name).is_not_null() & ~(eight_digits & possible)
    yield "UNKNOWN_KIGO", "symbol", pl.col("registered").is_null()


def _day(name: str) -> pl.Expr:
    return pl.col(name).str.to_date("%Y%m%d", strict=False)


def _checked(text: pl.LazyFrame, symbols: Sequence[str], rules: Sequence[Rule]) -> pl.LazyFrame:
    """型のある行。fault は rules の何番目に反したか（なければ null）。"""
    register = pl.LazyFrame(
        {"folded": [fold_symbol(one) for one in symbols], "registered": symbols},
        schema={"folded": pl.String, "registered": pl.Enum(sorted(symbols))},
    )
    folded = (
        pl.col("symbol").str.strip_chars(TRIMMED).str.replace_many(list(FOLD_FROM), list(FOLD_TO))
    )
    fault = pl.coalesce(
        pl.when(rule[2]).then(pl.lit(at, pl.UInt8)) for at, rule in enumerate(rules)
    )
    joined = text.with_columns(folded=folded).join(register, on="folded", how="left")
    return joined.select(
        "line",
        "registered",
        "number",
        pl.col("number").cast(pl.Int64, strict=False).alias("key"),
        pl.col("branch", *CODES).cast(pl.Int8, strict=False),
        *(_day(name) for name in DATES),
        fault.alias("fault"),
    )


def _again() -> pl.Expr:
    """前の行と同じ人か。"""
    return pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in PERSON).fill_null(
        False
    )


def _surplus(ordered: pl.DataFrame) -> pl.DataFrame:
    """隔離する同じ人の行。同じ中身なら先の行を残し、食い違えば一つも残さない。"""
    twins = ordered.lazy().filter(pl.col("again") | pl.col("again").shift(-1, fill_value=False))
    contradictory = pl.struct(NAMES[3:]).n_unique().over(PERSON) > 1
    surplus = twins.filter(pl.col("again") | contradictory)
    return surplus.select("line", pl.lit("DUPLICATE_KEY").alias("reason")).collect()


def _faulty(rows: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    names = pl.LazyFrame(
        {
            "fault": range(len(rules)),
            "reason": [r[0] for r in rules],
            "column": [r[1] for r in rules],
        }
    )
    bad = (
        rows.lazy()
        .filter(pl.col("fault").is_not_null())
        .select("line", pl.col("fault").cast(pl.Int64))
    )
    return bad.join(names, on="fault").drop("fault").collect()


def _written() -> list[pl.Expr]:
    branch = pl.col("branch").cast(pl.String).str.zfill(2)
    return [
        pl.col("line"),
        pl.col("registered").alias("symbol"),
        pl.col("number"),
        branch,
        *map(pl.col, NAMES[3:]),
    ]
