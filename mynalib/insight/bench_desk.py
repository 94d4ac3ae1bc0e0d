"""作業台の机：組合の全ての月を開き、率、動き、事業所の比べ、区分、SQL に、一行で答える。画面とよくある問いは bench.py。"""

import secrets
from collections.abc import Iterable, Sequence
from functools import cache, cached_property

import pandas as pd

from mynalib.domain.employers import NO_EMPLOYER, SOCIETY_STAFF
from mynalib.domain.errors import Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.asking import BadQuestion, Veil, ask
from mynalib.history.cubes import cube
from mynalib.history.flows import flows
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Lens
from mynalib.history.months import UnknownMonth, kept_months
from mynalib.history.overlays import read_overlays
from mynalib.insight import bench_measures
from mynalib.insight.bench_measures import ASKED_MEASURES
from mynalib.insight.measures import OTHER_ROWS

Months = str | Month | Sequence[str | Month] | None


class Desk:
    """開いた組合：答えはどれも縦長の pandas の表で、どの行にも numerator（分子、人）, denominator（分母、人）, as_of（時点）がある。"""

    def __init__(self, home: Home, params: Params):
        self._home = home
        self._params = params
        self._kept = kept_months(home)
        if not self._kept:
            raise UnknownMonth(where=str(home.root), what="取り込んだ月が、まだありません")
        self._holds = read_overlays(home, params, self._kept).holds
        # keep=False：作業台は置き場所に何も書かない。公開の取っておいた集計があれば読む
        self._cube = cube(home, self._kept, params, self._holds, keep=False)
        # 同じカーネルでは同じ仮の名。作業台を開き直しても、前の表と結べる
        self._veil = Veil(_session_secret())
        self.employers = _names(params)
        self.months = [str(kept.month) for kept in self._kept]

    def __repr__(self) -> str:
        first, last = (Month.parse(self.months[at]).label for at in (0, -1))
        return f"作業台：{self._params.society.name}、{first}から{last}まで {len(self.months)} か月"

    @cached_property
    def counted(self) -> pd.DataFrame:
        """月×事業所×本人か×区分ごとの人数（bench_measures.counted）。どの率も、ここから作る。"""
        return bench_measures.counted(self._cube, self.employers)

    @cached_property
    def flow(self) -> pd.DataFrame:
        """月から月への動きの全て（history.flows）。はじめに使うときに、公開が取っておいたものを読むか、数える。"""
        return flows(self._home, self._kept, self._params, keep=False)

    def rates(
        self,
        by: Sequence[str] = (),
        months: Months = None,
        measure: str | Sequence[str] = "registered",
        employer: str | None = None,
    ) -> pd.DataFrame:
        """率。列は bench_measures.rates にある。

        Args:
            by: "employer"（事業所）、"insured"（本人か）、"status"（区分）のいくつか。
            months: "2026-10"、一つ一つの並び ["2026-04", "2026-10"]、両端の組 ("2026-04", "2026-10")。なければ全て。
            measure: registered 登録、usable 期限内等、unregistered 未登録、lapsed 失効、link_targets ❶、renew_targets ❷ など。いくつでも。
            employer: 一つの事業所（コード）だけ。なければ組合全体。
        """
        measures = _listed(measure)
        unknown = [name for name in measures if name not in ASKED_MEASURES]
        if unknown or not measures:
            raise _unknown("measure", unknown or ["なし"], ASKED_MEASURES)
        return bench_measures.rates(self._part(months, employer), _listed(by), measures)

    def status(
        self, by: Sequence[str] = (), months: Months = None, employer: str | None = None
    ) -> pd.DataFrame:
        """区分の内わけ。列は bench_measures.status にある。引数は rates に同じ。"""
        return bench_measures.status(self._part(months, employer), _listed(by))

    def flows(
        self, by: Sequence[str] = (), months: Months = None, employer: str | None = None
    ) -> pd.DataFrame:
        """月から月への動き。列は bench_measures.moves にある。months は後の月、by は "employer" と "insured"。

        employer は、前か後に、その事業所にいた人だけ。前の月のファイルが欠けた月の動きは、ない（その月だけを選べば、BadQuestion）。
        """
        chosen = self.chosen(months)
        found = self.flow[self.flow.month.isin(chosen)]
        if found.empty:  # 空の表では、だれも動かなかったように見える
            what = f"{'、'.join(chosen)} の動きは分かりません（前の月のファイルがありません）"
            raise BadQuestion(where="months", what=what, fix="前の月もある月を選んでください。")
        if employer is not None:
            self._require_employer(employer)
            # 加入と脱退の行では、片方の事業所が ''
            found = found[(found.employer_before == employer) | (found.employer_after == employer)]
        return bench_measures.moves(found, _listed(by))

    def funnel(self, month: str | Month | None = None) -> pd.DataFrame:
        """一つの月（なければ、いちばん新しい月）の事業所の比べ。列は bench_measures.funnel にある。"""
        return bench_measures.funnel(self._part(str(month or self.months[-1]), None))

    def of_people(self, query: str, months: Sequence[str], **params: object) -> pd.DataFrame:
        """人の行を数える、決まった問い（history の sql/{query}.sql）。開くのは、その月だけ。"""
        kept = [one for one in self._kept if str(one.month) in months]
        with Lens(kept, self._params, self._holds) as lens:
            return lens.query(query, **params)

    def sql(self, text: str) -> pd.DataFrame:
        """読むだけの select に答える。見える表は member、person、cube、flow（列は「describe person」で分かる）。

        記号・番号・枝番は、このノートブックを動かしている間だけ同じ、仮の名になる。元の鍵を見るには、先に unmask を呼ぶ。

        Raises:
            BadQuestion: select でない、ほかの表やファイルを読む、書き方の誤り。
        """
        tables = {"cube": self._cube}
        # 動きを数えるのは、要るときだけ
        if "flow" in str(text).lower():
            tables["flow"] = self.flow
        return ask(text, self._kept, self._params, self._holds, tables, self._veil)

    def unmask(self, reason: str) -> str:
        """この作業台の sql で、人の鍵を見せる。わけと、だれがいつ見たかは、台帳に残る。

        Raises:
            Refused: わけがない（REASON_REQUIRED）。
            Locked: 取込か公開が動いている（終われば、書ける）。
            LedgerBroken: 台帳が壊れている。
        """
        if not str(reason).strip():
            fix = '何のために、だれのどの番号を見るのかを、bench.unmask(reason="…") に書いてください（人の番号は書かない）。'
            raise Refused("REASON_REQUIRED", where="bench.unmask", what="わけがありません", fix=fix)
        # 台帳に書けなければ、鍵も見せない
        with self._home.locked():
            Ledger(self._home.ledger).append("unmasked", reason=str(reason).strip())
        self._veil = Veil(self._veil.secret, shown=True)
        return "人の鍵を見せます（台帳に書きました）。このノートブックを、鍵の見えたまま人に渡さないでください。"

    def chosen(self, months: Months) -> list[str]:
        """months の書き方（rates に同じ）の表す、取り込んだ月の並び。"""
        if months is None:
            return self.months
        # 組は両端、並び（list）は一つ一つ
        if isinstance(months, tuple):
            return self._between(months)
        asked = [*map(str, _listed(months))]
        if unknown := [month for month in asked if month not in self.months]:
            raise self._not_held(unknown)
        return asked

    def _between(self, ends: tuple) -> list[str]:
        if len(ends) != 2:  # noqa: PLR2004 両端
            raise BadQuestion(where="months", what="組で書くのは、両端の二つの月です")
        first, last = map(str, ends)
        if first > last:
            fix = f'months=("{last}", "{first}") のように、古い月を先に書いてください。'
            raise BadQuestion(where="months", what="両端の月が逆です", fix=fix)
        found = [month for month in self.months if first <= month <= last]
        if not found:
            raise self._not_held([f"{first} から {last} まで"])
        return found

    def _not_held(self, months: Sequence[str]) -> BadQuestion:
        """その月のファイルがない。"""
        first, last = (Month.parse(self.months[at]) for at in (0, -1))
        every = [str(first.plus(step)) for step in range(last.minus(first) + 1)]
        # はじめとおわりの月だけを言うと、あいだの欠けた月を、使えると読まれる
        missing = [month for month in every if month not in self.months]
        but = f"、{'、'.join(missing)} のほか" if missing else ""
        fix = f"使えるのは {first} から {last} まで{but}です（bench.months で分かります）。"
        what = f"取り込んでいない月です（{'、'.join(months)}）"
        return BadQuestion(where="months", what=what, fix=fix)

    def _part(self, months: Months, employer: str | None) -> pd.DataFrame:
        table = self.counted
        if months is not None:
            table = table[table.month.isin(self.chosen(months))]
        if employer is not None:
            self._require_employer(employer)
            table = table[table.employer_id == employer]
        return table

    def _require_employer(self, employer: str) -> None:
        if not isinstance(employer, str):
            fix = 'employer="E01" のように、一つのコードを書いてください。いくつも並べるなら by=["employer"] です。'
            raise BadQuestion(where="employer", what="選べる事業所は、一つです", fix=fix)
        if employer not in self.employers:
            raise _unknown("employer", [employer], [*self.employers])


def _names(params: Params) -> dict[str, str]:
    """事業所コードから名前へ。健保組合の職員と、事業所のない人が終わりに来る。"""
    each = {one.id: one.name for one in params.employers if one.id != SOCIETY_STAFF}
    return each | {code: OTHER_ROWS[code] for code in (SOCIETY_STAFF, NO_EMPLOYER)}


def _listed(given: object) -> list:
    """一つでも、並びでも、書かなくても、並びにする。"""
    if given is None:
        return []
    return [*given] if isinstance(given, Iterable) and not isinstance(given, str) else [given]


def _unknown(where: str, unknown: Sequence[str], known: Sequence[str]) -> BadQuestion:
    what = f"知らない名です（{'、'.join(map(str, unknown))}）"
    return BadQuestion(where=where, what=what, fix=f"使えるのは {'、'.join(known)} です。")


@cache
def _session_secret() -> str:
    """このプロセスの間だけの、仮の名の元。どこにも書かない。"""
    return secrets.token_hex(32)
