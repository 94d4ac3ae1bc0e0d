"""記号の主張：どの期間、どの記号と番号の人が、どの事業所の人か。一人が二つの事業所に入りうる記号を断る。"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, combinations
from typing import NamedTuple

from mynalib.domain.employers import Employer, SymbolEntry
from mynalib.domain.shipped import phrase
from mynalib.domain.society import Society
from mynalib.domain.strict_yaml import Document, Place, shown


class Claim(NamedTuple):
    """「この日から この日まで、この記号と番号の人は、この事業所の人」という、設定の一行の主張。"""

    entry: SymbolEntry
    first: date
    last: date
    file: str
    place: Place

    def overlaps(self, other: "Claim") -> bool:
        """同じ記号の二つが、同じ日に、同じ人を指しうるか。"""
        one = self.entry
        two = other.entry
        # 二つの区間は、遅いほうの始まりが、早いほうの終わりまでにあれば重なる：1–499 と 100–999 なら 100 ≤ 499
        same_days = max(self.first, other.first) <= min(self.last, other.last)
        same_numbers = max(one.bounds[0], two.bounds[0]) <= min(one.bounds[1], two.bounds[1])
        return same_days and same_numbers


def claims_of(employers: Iterable[Employer], society: Society | None) -> Iterator[Claim]:
    """記号の行の全部（事業所のあるもの、ないもの）。"""
    for one in employers:
        for index, symbol in enumerate(one.symbols):
            # 事業所そのものにも期間がある。例：2020-04 からの記号でも、事業所が 2026-03-31 に抜けていれば、その日まで
            firsts, lasts = zip(symbol.period, one.period, strict=True)
            entry = symbol.entry(one.id)
            file = f"employers/{one.id}.yaml"
            yield Claim(entry, max(firsts), min(lasts), file, ("symbols", index))
    for index, symbol in enumerate(society.no_employer if society else ()):
        entry = symbol.entry(None, symbol.kind)
        yield Claim(entry, *symbol.period, "society.yaml", ("no_employer", index))


def check_claims(claims: tuple[Claim, ...], documents: dict[str, Document]) -> None:
    """一人が二つの事業所に入りうる記号を断る。"""
    for claim in claims:
        if claim.first > claim.last:
            documents[claim.file].note(claim.place, phrase("outside_period"), "BAD_REGISTRY")
    by_symbol: dict[str, list[Claim]] = {}
    for claim in claims:
        by_symbol.setdefault(claim.entry.folded, []).append(claim)
    for one, other in chain.from_iterable(combinations(same, 2) for same in by_symbol.values()):
        if one.overlaps(other):
            owner = one.entry.employer_id or one.entry.kind
            rival = other.entry.employer_id or other.entry.kind
            where = f"{owner}（{documents[one.file].where(one.place)}）"
            what = phrase("overlap", symbol=shown(other.entry.symbol), rival=where)
            # 同じ事業所の中の重なりは書きまちがい。二つの事業所の重なりは、人がほかの会社のリストに載るもと
            code = "BAD_REGISTRY" if owner == rival else "AMBIGUOUS_KIGO"
            documents[other.file].note(other.place, what, code)
