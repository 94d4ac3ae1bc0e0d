"""取込の入口：一つのファイルから、受け入れた行と隔離した行の Parquet を作る。"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

from mynalib.domain.employers import TRIMMED, Registry
from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.months import Month
from mynalib.domain.society import FileProfile
from mynalib.intake.cleaning import ODD_MARK
from mynalib.intake.copying import Copied, copy_clean
from mynalib.intake.headings import WORDS, refuse_headings
from mynalib.intake.intake import Intake, judge
from mynalib.intake.symbols import entry_columns, spelling_columns, symbols_in_order
from mynalib.intake.workbench import Workbench

EARLIEST = date(2020, 8, 1)  # マイナポータルでの利用登録の申込みが始まった月
LATEST = timedelta(days=366)  # 月末より後の日付は要確認になるが、一年を超えて先の日付はありえない
# 記号は事業所ごとなので、多くても数千。これより多ければ、番号などの列を記号として読んでいる
MOST_SYMBOLS = 100_000
_CLEAN = "lines.csv"
_SPILL = "spill"
_MEMBERS = "members.parquet"
_QUARANTINE = "quarantine.parquet"


def read_file(
    path: Path, *, month: Month, registry: Registry, profile: FileProfile, into: Path
) -> Intake:
    """ファイルを読み、into に members.parquet と quarantine.parquet を書く。

    Args:
        path: 届いたファイル。変えない。
        month: 断面の月。日付がありうるかを見るのに使う。
        registry: その月の末日の登録簿。
        into: 空の、ほかから見えないフォルダー。断るときは空のまま残す。
    Returns:
        ファイルの判定。members は一人一行で記号・番号（数として）・枝番の順、quarantine は隔離した一行一行。
    Raises:
        Refused: EMPTY, ENCODING, NOT_TEXT, NOT_CSV, HEADER, UNNOTIFIED_ITEM, COLUMN_COUNT, DIALECT, MALFORMED,
            TRUNCATED, TOO_LARGE, ALL_BAD, DISK_FULL。文面は値を含まない。
    """
    with _leaving_only_results(into):
        copied = copy_clean(path, profile, into / _CLEAN)
        with closing(Workbench(into / _SPILL, path.name)) as bench:
            copied.load(bench, "staged")
            bench.run("odd_line")
            bench.run("odd", mark=ODD_MARK, blanks=TRIMMED, style=profile.date)
            # この先の断りも隔離も、行番号で言う。だから、はじめに確かめる
            _check_lines(bench, copied, path.name)
            refuse_headings(
                copied.headings, bench.run("headings", words=WORDS), copied.layout.header, path.name
            )
            _order(bench, month, registry, path.name)
            _refuse_my_numbers(bench, path.name)
            _quarantine(bench, path.name)
            intake = judge(bench, copied, registry, month, path.name)
            bench.run("members", path=str(into / _MEMBERS), symbols=symbols_in_order(registry))
            bench.run("quarantine", path=str(into / _QUARANTINE))
        return intake


@contextmanager
def _leaving_only_results(into: Path) -> Iterator[None]:
    try:
        yield
    # Ctrl-C でも、人の値の書きかけを残さない
    except BaseException:
        for name in (_MEMBERS, _QUARANTINE):
            (into / name).unlink(missing_ok=True)
        raise
    finally:
        (into / _CLEAN).unlink(missing_ok=True)
        shutil.rmtree(into / _SPILL, ignore_errors=True)


def _check_lines(bench: Workbench, copied: Copied, where: str) -> None:
    """行番号が元のファイルのものかを、印の行と行数で確かめる。"""
    [(lines, misplaced)] = bench.run("misplaced", mark=ODD_MARK)
    if lines != copied.lines or misplaced:
        raise MynaError(
            where=where,
            what="行番号が合いません",
            fix="開発者に知らせてください。何も取り込んでいません。",
        )


def _order(bench: Workbench, month: Month, registry: Registry, where: str) -> None:
    texts = [text for (text,) in bench.run("symbols", most=MOST_SYMBOLS + 1)]
    if len(texts) > MOST_SYMBOLS:
        raise Refused(
            "MALFORMED",
            where=where,
            what="記号の種類が多すぎます。記号の列ではないようです",
            fix="列の並びを確かめて、受け取り直してください。",
        )
    bench.run("spelling", blanks=TRIMMED, **spelling_columns(texts, registry))
    bench.run("entry", **entry_columns(registry))
    bench.run("calendar", first=EARLIEST, last=month.end + LATEST)
    bench.run("ordered")
    [(expected, found)] = bench.run("census")
    if not expected:
        raise Refused(
            "EMPTY",
            where=where,
            what="データの行が一つもありません",
            fix="送り主から受け取り直してください。",
        )
    if expected != found:
        raise Refused(
            "AMBIGUOUS_KIGO",
            where="登録簿",
            what="一人に当てはまる行が二つ以上あります",
            fix="employers/ の記号と番号の範囲が重ならないようにしてください。",
        )


def _refuse_my_numbers(bench: Workbench, where: str) -> None:
    # 12 桁の数の検査用数字が偶然合うのは一割ほど。二つ以上が九割を超えて合うなら、偶然ではない
    [(others, twelve, valid)] = bench.run("my_numbers")
    if others >= 2 or (valid >= 2 and 10 * valid >= 9 * twelve):
        raise Refused(
            "UNNOTIFIED_ITEM",
            where=where,
            what="個人番号（マイナンバー）らしい値があります",
            fix="個人番号を除いたファイルを受け取り直し、このファイルは規程に従って消してください。",
        )


def _quarantine(bench: Workbench, where: str) -> None:
    """誤りのある行を除いてから、残った行のうち同じ人の行を除く。"""
    # 先に除くのは、誤りのある行が、同じ人の正しい二行の間に並び、隣どうしでなくすことがあるため（tests/intake/test_intake.py）
    for step in ("quarantined", "accepted", "neighbour"):
        bench.run(step)
    [(unsorted,)] = bench.run("unsorted")
    if unsorted:
        raise MynaError(
            where=where,
            what="行の並びが合いません",
            fix="開発者に知らせてください。何も取り込んでいません。",
        )
    bench.run("duplicate")
    bench.run("accepted")
