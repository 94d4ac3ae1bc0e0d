"""DuckDB の窓：月の Parquet の上に、判定表・事業所・名簿を重ねて見る。月には書きこまない。"""

import glob
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache

import duckdb
import pandas as pd

from mynalib.domain.classification import FACTS, decision_table
from mynalib.domain.employers import FOLD_FROM, FOLD_TO, NO_EMPLOYER
from mynalib.domain.errors import MynaError, is_full
from mynalib.domain.params import Params
from mynalib.domain.shipped import shipped_text
from mynalib.history.files import DiskFull
from mynalib.history.holds import Hold, holds_table
from mynalib.history.leftovers import spill_folder
from mynalib.history.months import KeptMonth, MonthDamaged, verify_month
from mynalib.history.tables import put_table
from mynalib.intake.workbench import connect

LENS_MEMORY = "2GB"
UNKNOWN_SYMBOL = "?"  # 登録簿にない記号の人の employer_id。事業所コードにはならない字


def sql(name: str) -> str:
    return shipped_text(f"history/sql/{name}.sql")


OUR_MISTAKES = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)
"""月が壊れていなければ、この道具の SQL の誤りである失敗（書き方と、名）。文に、行の値は入らない。"""


class Lens:
    """月の集まり（一つより多い）への窓。`with Lens(...) as lens:` で使う。

    見える表は sql/member.sql と sql/person.sql にある。params を渡さなければ、区分のない member だけが見える。
    開いたあとは、月の members.parquet のほかは読めない。

    Raises:
        MonthDamaged: 月のファイルが読めない（開くときも、尋ねるときも）。
        DiskFull: 計算の途中の置き場が足りない。
    """

    def __init__(
        self, months: Sequence[KeptMonth], params: Params | None = None, holds: Iterable[Hold] = ()
    ):
        self._months = tuple(months)
        # 既定の ./.tmp では、今のフォルダーに人の値が残る
        spill = spill_folder(self._months[0].folder.parent)
        # 順の要る問いは order by を書く。さもないと、一千万人の flow が入りきらない
        self._db = connect(spill, memory_limit=LENS_MEMORY, preserve_insertion_order=False)
        # 開く途中で失敗すれば閉じ、終わりまで開けたら（pop_all）閉じない
        with self._without_values(), ExitStack() as on_failure:
            on_failure.callback(self._db.close)
            self._open_files()
            if params:
                self._open_rules(params, holds)
            self._close_doors()
            on_failure.pop_all()

    def __enter__(self) -> "Lens":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def query(self, name: str, **params: object) -> pd.DataFrame:
        """sql/{name}.sql を実行する。列と単位は、その .sql の冒頭の注釈に書いてある。"""
        with self._without_values():
            return self._db.execute(sql(name), params or None).df()

    def answer(self, statement: str) -> pd.DataFrame:
        """人の書いた文を実行する。確かめてから渡す（history.asking）。duckdb.Error は、そのまま出す。"""
        return self._db.execute(statement).df()

    def put(self, name: str, table: pd.DataFrame) -> None:
        """手元の表を、この窓の中だけの表として加える。"""
        put_table(self._db, name, table)

    def _open_files(self) -> None:
        self._db.execute("set variable fold_from = $1", [FOLD_FROM])
        self._db.execute("set variable fold_to = $1", [FOLD_TO])
        # ファイルの名から月が分かる。月を一つに限った問いは、その月のファイルだけを開く（tests/history/test_history.py）
        self._db.read_parquet(_patterns(self._months), filename=True).create_view("member_file")
        ends = [pd.Timestamp(kept.month.end) for kept in self._months]
        self.put(
            "month_file",
            pd.DataFrame({"month": [str(kept.month) for kept in self._months], "month_end": ends}),
        )
        self._db.execute(sql("member"))
        self._db.execute(sql("has_acted"))

    def _open_rules(self, params: Params, holds: Iterable[Hold]) -> None:
        self.put("symbol_entry", _symbols(self._months, params))
        self.put(
            "insured_branch",
            pd.DataFrame({"branch": list(params.society.insured_branches)}, dtype="str"),
        )
        self.put("decision", _decisions())
        self.put("hold", holds_table(holds))
        self._db.execute(sql("withheld"))
        self._db.execute(sql("judged"))
        self._db.execute(sql("person"))

    def _close_doors(self) -> None:
        paths = {*_patterns(self._months), *(str(kept.members) for kept in self._months)}
        # 表とビューを作り終えてから閉じる。最後の一行のあとは、閉じたことを取り消せない
        self._db.execute("set allowed_paths = ?", [sorted(paths)])
        self._db.execute("set enable_external_access = false")
        self._db.execute("set lock_configuration = true")

    @contextmanager
    def _without_values(self) -> Iterator[None]:
        """DuckDB の失敗の文は行の値を引用するので、捨てて、どの月のことかだけを言う。"""
        try:
            yield
        except duckdb.Error as error:
            raise self.failure(error) from None

    def failure(self, error: duckdb.Error) -> Exception:
        """DuckDB の失敗を、値のない言い方にしたもの（送出はしない）。"""
        where = "、".join(kept.folder.name for kept in self._months)
        if is_full(error) or isinstance(error, duckdb.OutOfMemoryException):
            return DiskFull(
                where=where, what="計算の途中の置き場（メモリーかディスク）が足りません"
            )
        # 壊れた月なら、ここで、そう言って終わる。月が置いたときのままなら、わけはほかにある
        for kept in self._months:
            verify_month(kept)
        if isinstance(error, OUR_MISTAKES):
            what = f"問いの書き方の誤りで、数えられません（{type(error).__name__}）"
            fix = "月のファイルは、置いたときのままです。この文を開発元に知らせてください。"
            return MynaError(where=where, what=what, fix=fix)
        return MonthDamaged(
            where=where,
            what=f"読めません（{type(error).__name__}）",
            fix="myna check で月を確かめ、壊れている月は、原本を --replace で取り込み直してください。",
        )


def _patterns(months: Sequence[KeptMonth]) -> list[str]:
    return [glob.escape(str(kept.members)) for kept in months]


def _symbols(months: Sequence[KeptMonth], params: Params) -> pd.DataFrame:
    rows = [
        (
            str(kept.month),
            entry.folded,
            entry.employer_id or NO_EMPLOYER,
            entry.number_from,
            entry.number_to,
        )
        for kept in months
        for entry in params.registry(kept.month).entries
    ]
    table = pd.DataFrame(
        rows, columns=["month", "symbol_key", "employer_id", "number_from", "number_to"]
    )
    text = dict.fromkeys(("month", "symbol_key", "employer_id"), "str")
    return table.astype(text | {"number_from": "Int64", "number_to": "Int64"})


@cache
def _decisions() -> pd.DataFrame:
    """判定表（どの窓でも同じ）。settled は、状態と証明書が同じで、解除も日付の食い違いもない人に行うこと。"""
    codes = [name for name in FACTS if name != "dates"]
    table = decision_table()
    # 例：未登録でフラグ 1 なら日付のない人の link、登録済でフラグ 0 なら登録日だけのある人の renew
    plain = table[
        (table.cancel_kind == "")
        & (table.dates == table.state.map({"0": "none", "1": "registered_only"}))
    ]
    settled = plain.set_index(["state", "certificate_flag"]).action.rename("settled")
    table = table.join(settled, on=["state", "certificate_flag"])
    # 空欄は -1 にする。SQL の NULL は、NULL どうしでも結ばれない
    return table.assign(**{name: table[name].replace("", "-1").astype("int8") for name in codes})
