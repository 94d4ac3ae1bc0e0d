"""開示の管理（統計的開示抑制）：表を、読み手に見せてよい形にする、ただ一つの扉。

図と表は Released しか受け取らない。Released を作れるのは、この扉だけである。
しきい値は params で厳しくできるが、下限より緩くはできない（thresholds）。
Source: 少数の秘匿と丸め（7 以下を伏せ、5 の倍数へ）は OpenSAFELY・NHS Digital の規則、補集合の秘匿は統計的開示抑制の定石。
"""

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field

import pandas as pd

from mynalib.insight.masking import shown_changes, wide_counts
from mynalib.insight.measures import COUNTS
from mynalib.insight.rounding import percent, to_multiple
from mynalib.insight.thresholds import employer_limits, wide_limits

RATES = {"rate": ("registered", "members"), "usable_rate": ("usable", "members")}
RATE_COLUMNS = ["members", "registered", "rate", "usable", "usable_rate", "link_targets", "renew_targets"]
EMPLOYER_COLUMNS = ["members", "registered", "rate"]

_DOOR = object()


@dataclass(frozen=True)
class Terms:
    """見せる条件。読み手（internal・employer・wide・named）と、組合のしきい値（society.yaml の policy）。"""

    audience: str
    policy: dict
    columns: tuple[str, ...] = ()
    demo: bool = False
    also: tuple[tuple[str, str], ...] = ()  # 広く配る版で、続けて伏せる行（insight.attack）


@dataclass(frozen=True, eq=False)
class Released:
    """見せてよいと決まった表。hidden は伏せた升の数。鍵は持ち歩かない（dataclasses.replace でも作れない）。"""

    _frame: pd.DataFrame = field(repr=False)
    terms: Terms
    decimals: int = 0
    hidden: int = 0
    key: InitVar[object] = None

    def __post_init__(self, key: object):
        if key is not _DOOR:
            raise TypeError("Released は、disclosure の関数だけが作ります")

    @property
    def frame(self) -> pd.DataFrame:
        """表の写し。書きかえても、見せる表は変わらない。"""
        return self._frame.copy()

    def where(self, **equals: str) -> "Released":
        """列の値で行を選ぶ。選ぶだけなので、見せてよいことは変わらない。"""
        frame = self._frame
        for column, value in equals.items():
            frame = frame[frame[column] == value]
        return self._with(frame.reset_index(drop=True))

    def only(self, columns: Sequence[str]) -> "Released":
        """列を選ぶ。"""
        return self._with(self._frame[list(columns)])

    def without(self, *columns: str) -> "Released":
        """列を落とす。"""
        return self._with(self._frame.drop(columns=list(columns)))

    def _with(self, frame: pd.DataFrame) -> "Released":
        return Released(frame, self.terms, self.decimals, self.hidden, _DOOR)


def require_released(table: object) -> Released:
    """Released でなければ TypeError。図と表は、必ずここを通る。"""
    if not isinstance(table, Released):
        raise TypeError("図と表には disclosure で見せてよい形にした表（Released）を渡してください")
    return table


def rates(counts: pd.DataFrame, terms: Terms) -> Released:
    """月×事業所の人数（measures.counts）を、読み手に見せてよい率の表にする。

    internal は実数、wide は概数で少数を伏せ、employer は概数で小さな事業所を伏せる。
    Returns:
        列 month, employer_id, employer と RATE_COLUMNS（employer は EMPLOYER_COLUMNS だけ）。
        率は %。internal は小数一桁、ほかは丸めた人数からの整数。伏せたところは欠ける。
    """
    if terms.audience == "internal":
        return _release(_with_rates(counts, 1), terms, 1)
    if terms.audience == "wide":
        return _wide(counts, terms)
    if terms.audience == "employer":
        return _employer(counts, terms)
    raise ValueError(f"率の表を見せる読み手ではありません：{terms.audience}")


def changes(table: pd.DataFrame, terms: Terms) -> Released:
    """組合全体の登録者の増減（measures.change）を、見せてよい形にする。減る数は、その大きさで判断する。"""
    if terms.audience == "internal":
        return _release(table, terms)
    if terms.audience == "wide":
        shown = shown_changes(table, *wide_limits(terms.policy))
        return _release(table.assign(change=shown), terms, hidden=int(shown.isna().sum()))
    raise ValueError(f"増減を見せる読み手ではありません：{terms.audience}")


def internal(table: pd.DataFrame, terms: Terms) -> Released:
    """健保の職員だけが見る表。そのまま。ほかの読み手のカプセルでは ValueError。"""
    if terms.audience != "internal":
        raise ValueError("健保の職員だけが見る表です")
    return _release(table, terms, 1)


def named(table: pd.DataFrame, terms: Terms) -> Released:
    """勧奨リスト。お知らせで共同利用すると決めた列だけ。ほかの列があれば ValueError。"""
    extra = [column for column in table.columns if column not in terms.columns]
    if terms.audience != "named" or extra:
        raise ValueError(f"お知らせにない列、または勧奨リストの読み手ではありません：{extra}")
    return _release(table, terms)


def _wide(counts: pd.DataFrame, terms: Terms) -> Released:
    table = _with_rates(wide_counts(counts, *wide_limits(terms.policy), terms.also), 0)
    hidden = table.loc[table.employer_id != "TOTAL", COUNTS].isna().to_numpy().sum()
    # 大きな事業所では、全員でなくても四捨五入で 0% や 100% になる。「全員が」「だれも」とは見せない
    table = table.assign(**{name: table[name].mask(table[name].isin([0, 100])) for name in RATES})
    return _release(table, terms, hidden=int(hidden))


def _employer(counts: pd.DataFrame, terms: Terms) -> Released:
    base, minimum = employer_limits(terms.policy)
    small = counts.members < minimum
    shown = counts.assign(**{c: to_multiple(counts[c], base).mask(small) for c in ("members", "registered")})
    shown["rate"] = percent(shown.registered, shown.members, 0)
    columns = ["month", "employer_id", "employer", *EMPLOYER_COLUMNS]
    return _release(shown[columns], terms, hidden=int(small.sum()))


def _with_rates(counts: pd.DataFrame, decimals: int) -> pd.DataFrame:
    table = counts.assign(**{name: percent(counts[a], counts[b], decimals) for name, (a, b) in RATES.items()})
    return table[["month", "employer_id", "employer", *RATE_COLUMNS]]


def _release(frame: pd.DataFrame, terms: Terms, decimals: int = 0, hidden: int = 0) -> Released:
    return Released(frame, terms, decimals, hidden, _DOOR)
