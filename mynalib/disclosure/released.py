"""扉：表を、読み手に見せてよいものとして渡す、ただ一つの所。図と表は Released しか受け取らない。

外の読み手の表は、カプセルに入る前に、見せてよいかたちになっている（showing、society）。扉は、その形のとおりかを確かめる。
Source: 小さな事業所のまとめと、見せた数の引き算への備えは、統計的開示抑制（SDC）の定石。
"""

from collections.abc import Collection, Sequence
from dataclasses import InitVar, dataclass, field

import pandas as pd

from mynalib.disclosure.rounding import percent
from mynalib.disclosure.society import CHANGES, COUNTS, RATES, TOTAL
from mynalib.disclosure.thresholds import Thresholds
from mynalib.disclosure.wide import OTHERS, WIDE_COLUMNS
from mynalib.domain.certificates import CERTIFICATE_REASONS, DESK_TASKS

RATE_COLUMNS = [
    "members",
    "registered",
    "rate",
    "usable",
    "usable_rate",
    "link_targets",
    "renew_targets",
]
LEVEL_COLUMNS = ["month", "members", "level", "tolerance", "bound", "since"]
CAUSE_COLUMNS = ["cause", "points", "twelve", "fiscal"]
EMPLOYER_COLUMNS = ["employer_id", "employer", "members", "level", "level_before", "level_year"]
EMPLOYER_COLUMNS += ["movement", "unregistered", "lapsed"]
LIST_COLUMNS = ["month", "link", "renew", "renew_then_link", "first", "second", "later"]
LIST_COLUMNS += ["insured", "family", "households", "came", "stayed", "gone"]
_COUNTED = [*CERTIFICATE_REASONS, "people"]
DESK_TABLES: dict[str, list[str]] = {
    "people": [
        *("task", "employer_id", "employer", "symbol", "number", "branch", "member_kind"),
        *("certificate_reason", "valid_until", "delivery"),
    ],
    "tasks": ["employer_id", "employer", *DESK_TASKS],
    "reasons": ["certificate_reason", "insured", "family", "people", "holding", "issue"],
    "sheet": ["employer_id", "employer", "member_kind", *_COUNTED],
    "expiry": ["month", "ahead", "people"],
}
"""資格確認書の係の表と、その列。"""
_KEYED = ["symbol", "number", "branch", "member_kind"]
SOCIETY_LISTS = {
    "people": ["serial", "household", *_KEYED, "action", "attempt", "whose"],
    "wordings": ["wording"],
    "counts": ["whose", "link", "renew", "renew_then_link", "people", "households"],
    "review": ["employer_id", *_KEYED, "why", "since", "age"],
    "returned": ["employer_id", *_KEYED],
}
"""健保の職員だけが見る名簿と、その列。解除区分や日付は、健保の名簿にも載せない。"""

# object() は、それ自身としか同じでない。ほかで似た値を作っても、戸は開かない（tests/disclosure/test_disclosure.py）
_DOOR = object()


@dataclass(frozen=True)
class Terms:
    """見せる条件。読み手（internal・employer・wide・named・staff・desk）と、組合のしきい値（society.yaml の policy）。"""

    audience: str
    policy: dict
    columns: tuple[str, ...] = ()
    demo: bool = False


@dataclass(frozen=True, eq=False)
class Released:
    """見せてよいと決まった表。decimals は率の小数の桁。鍵は持ち歩かない（dataclasses.replace でも作れない）。"""

    _frame: pd.DataFrame = field(repr=False)
    terms: Terms
    decimals: int = 0
    key: InitVar[object] = None

    def __post_init__(self, key: object):
        if key is not _DOOR:
            raise TypeError("Released は、disclosure.released の関数だけが作ります")

    @property
    def frame(self) -> pd.DataFrame:
        """表の写し。書きかえても、見せる表は変わらない。"""
        return self._frame.copy()

    def where(self, **wanted: str | Collection[str]) -> "Released":
        """列の値（一つか、いくつか）で行を選ぶ。選ぶだけなので、見せてよいことは変わらない。"""
        frame = self._frame
        for column, values in wanted.items():
            frame = frame[frame[column].isin([values] if isinstance(values, str) else values)]
        return self._with(frame.reset_index(drop=True))

    def only(self, columns: Sequence[str]) -> "Released":
        """列を選ぶ。"""
        return self._with(self._frame[list(columns)])

    def without(self, *columns: str) -> "Released":
        """列を落とす。"""
        return self._with(self._frame.drop(columns=list(columns)))

    def _with(self, frame: pd.DataFrame) -> "Released":
        return Released(frame, self.terms, self.decimals, _DOOR)


def require_released(table: object) -> Released:
    """Released でなければ TypeError。図と表は、必ずここを通る。"""
    if not isinstance(table, Released):
        raise TypeError("図と表には、disclosure.released を通した表（Released）を渡してください")
    return table


def rates(table: pd.DataFrame, terms: Terms, decimals: int) -> Released:
    """月×事業所の表。internal は実数の人数（measures.counts）から率を作り、wide は見せてよいかたちの行（wide.WIDE_COLUMNS）を確かめる。

    Args:
        decimals: この月の、率の小数の桁（internal では一桁）。概数の人数からは決められない：4,998 人も 5,000 人と見せる。
    Returns:
        internal は列 month, employer_id, employer と RATE_COLUMNS（率は % の小数一桁）。wide は wide.WIDE_COLUMNS。
    """
    if terms.audience == "internal":
        found = {name: percent(table[count], table.members, 1) for name, count in RATES.items()}
        return _release(
            table.assign(**found)[["month", "employer_id", "employer", *RATE_COLUMNS]], terms, 1
        )
    _require(terms, "wide")
    _require_columns(table, WIDE_COLUMNS)
    _require_rounded(table, COUNTS, terms)
    # 水準と人数とを並べると、二つの幅の重なりから数が決まる
    if table.registered[table.employer_id != TOTAL].notna().any():
        raise ValueError("事業所の行に、登録者の数があります")
    return _release(table, terms, decimals)


def levels(table: pd.DataFrame, terms: Terms) -> Released:
    """一つの事業所の、月ごとの加入者（実数）と水準。"""
    _require(terms, "employer")
    return _release(_require_columns(table, LEVEL_COLUMNS), terms)


def list_lengths(table: pd.DataFrame, terms: Terms) -> Released:
    """一つの事業所の、月ごとのリストの人数（実数。前に公開したときのまま）。"""
    _require(terms, "employer")
    return _release(_require_columns(table, LIST_COLUMNS), terms)


def changes(table: pd.DataFrame, terms: Terms) -> Released:
    """組合全体の動き（人）。列 reason, people。wide では、五人に満たないものは欠ける。"""
    _require(terms, "internal", "wide")
    _require_columns(table, ["reason", "people"])
    if list(table.reason) != list(CHANGES):
        raise ValueError("動きのわけが違います")
    if terms.audience == "wide":
        _require_rounded(table, ["people"], terms)
    return _release(table, terms)


def causes(table: pd.DataFrame, terms: Terms, decimals: int) -> Released:
    """組合全体の率の変わったわけ（ポイント）。列 cause, points。internal は小数二桁で、12 か月と年度のはじめからの列もある。"""
    _require(terms, "internal", "wide")
    if terms.audience == "internal":
        return _release(_require_columns(table, CAUSE_COLUMNS), terms, 2)
    return _release(_require_columns(table, CAUSE_COLUMNS[:2]), terms, decimals)


def employers(table: pd.DataFrame, terms: Terms) -> Released:
    """この月の事業所の表。internal は実数、wide は、水準と動きの言葉に、まとめた行と組合全体の未登録・失効だけ。"""
    _require(terms, "internal", "wide")
    if terms.audience == "internal":
        return _release(table, terms, 1)
    _require_columns(table, EMPLOYER_COLUMNS)
    _require_rounded(table, ["members", "unregistered", "lapsed"], terms)
    # 事業所の未登録と失効は、加入者から引けば登録者になる。まとめた行と組合全体だけが持てる
    own = ~table.employer_id.isin([OTHERS, TOTAL])
    if table.unregistered[own].notna().any() or table.lapsed[own].notna().any():
        raise ValueError("事業所の行に、未登録か失効の人数があります")
    return _release(table, terms)


def parts(table: pd.DataFrame, terms: Terms, decimals: int) -> Released:
    """組合全体の、本人と家族。列 member_kind, members, rate, usable_rate。"""
    _require(terms, "internal", "wide")
    return _release(
        _require_columns(table, ["member_kind", "members", "rate", "usable_rate"]), terms, decimals
    )


def internal(table: pd.DataFrame, terms: Terms) -> Released:
    """健保の職員だけが見る表。そのまま。ほかの読み手のカプセルでは ValueError。"""
    _require(terms, "internal")
    return _release(table, terms, 1)


def named(table: pd.DataFrame, terms: Terms) -> Released:
    """勧奨リスト。お知らせで共同利用すると決めた列だけ。ほかの列があれば ValueError。"""
    _require(terms, "named")
    if extra := [column for column in table.columns if column not in terms.columns]:
        raise ValueError(f"お知らせにない列です：{extra}")
    return _release(table, terms)


def society_list(name: str, table: pd.DataFrame, terms: Terms) -> Released:
    """健保の職員だけが見る名簿（SOCIETY_LISTS の名）。決めた列のほかがあれば ValueError。"""
    _require(terms, "staff")
    return _release(_require_columns(table, SOCIETY_LISTS[name]), terms)


def desk(name: str, table: pd.DataFrame, terms: Terms) -> Released:
    """資格確認書の係の一つの表（DESK_TABLES）。健保の職員だけが見る。そのまま。"""
    _require(terms, "desk")
    return _release(_require_columns(table, DESK_TABLES[name]), terms)


def _require(terms: Terms, *audiences: str) -> None:
    if terms.audience not in audiences:
        raise ValueError(f"この表を見せる読み手ではありません：{terms.audience}")


def _require_columns(table: pd.DataFrame, columns: Collection[str]) -> pd.DataFrame:
    # 順も同じでなければならない。あとから足された列は、ここで止まり、だれかが見せてよいと決めるまで出ない
    if list(table.columns) != list(columns):
        raise ValueError(f"見せてよい列は {list(columns)} です")
    return table


def _require_rounded(table: pd.DataFrame, columns: Sequence[str], terms: Terms) -> None:
    base = Thresholds.of(terms.policy).round_to
    # 前の段で丸め忘れた実数が、ここを通らないように。たまたま倍数の実数は見分けられない
    if any((table[name].dropna() % base != 0).any() for name in columns):
        raise ValueError(f"{base} の倍数でない人数があります")


def _release(frame: pd.DataFrame, terms: Terms, decimals: int = 0) -> Released:
    return Released(frame, terms, decimals, _DOOR)
