"""公開した数を、一人ずつ数えた人数と突き合わせる。合わないところの全てを、言葉で返す。"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import pandas as pd
from lives import Count, People, by_employer, changed, half_up, listed, movements, to_five

from mynalib.capsules import society_tables
from mynalib.capsules.publication import Publication

NOT_OWN = ("OTHERS", "TOTAL")
LEVEL = ["level", "tolerance", "bound", "since"]
COUNTS = ["members", "registered", "usable", "unregistered", "lapsed"]
CAUSES = {
    "behaviour": ("newly_registered", "cancelled"),
    "joiners": ("joined_registered", "joined_unregistered"),
    "leavers": ("left_registered", "left_unregistered"),
}


def sign(value: Fraction | float) -> int:
    return int(value > 0) - int(value < 0)


@dataclass
class Truth:
    """その月に、組合のファイルにいた人。files は月から人へ（取り込み直せば変わる）、withheld はその月の名簿の鍵。"""

    files: dict[str, People] = field(default_factory=dict)
    withheld: dict[str, set] = field(default_factory=dict)

    def count(self, month: str, employer: str) -> Count:
        return Count.of(by_employer(self.files[month]).get(employer, []))


@dataclass
class Judge:
    """一つの組合の、公開した月を順に確かめる。shown は、前の公開で見せた行（月と事業所から、文字のまま）。"""

    truth: Truth
    notified: tuple[str, ...]
    shown: dict[str, dict[str, tuple]] = field(default_factory=dict)
    levels: dict[str, dict] = field(default_factory=dict)
    settled: dict[str, Count] = field(default_factory=dict)
    merged: frozenset[str] = frozenset()
    numbers: int = 0

    def wrong(self, publication: Publication, rows: pd.DataFrame, corrected: str = "") -> list[str]:
        """その月の公開の、合わないところ。

        Args:
            rows: 公開した広く配る版の rates.csv（文字のまま）。
            corrected: この公開の前に、取り込み直した月。
        """
        month = str(publication.opened.month)
        found = [
            *self._past(rows, month, corrected),
            *self._wide(rows, month),
            *self._moves(publication, month),
        ]
        found += [*self._levels(publication, month), *self._composition(publication, month)]
        found += [*self._lists(publication, month), *self._parts(publication, month)]
        if corrected:
            found += [*self._wide(rows, corrected), *self._relevelled(publication, corrected)]
        return [f"{month}：{one}" for one in found]

    def see(self, what: str, *fits: bool) -> Iterator[str]:
        """合わなければ、そのこと。確かめた数を数える。"""
        self.numbers += len(fits)
        if not all(fits):
            yield what

    def _past(self, rows: pd.DataFrame, month: str, corrected: str) -> Iterator[str]:
        """前の月の行は、はじめに見せたときと、一字も違わない。"""
        now = {
            at: dict(zip(part.employer_id, part.itertuples(index=False, name=None), strict=True))
            for at, part in rows.groupby("month")
        }
        for at, before in self.shown.items():
            if at != corrected:
                yield from self.see(f"{at} の行が、はじめに見せたものと違う", now.get(at) == before)
        self.shown = now

    def _wide(self, rows: pd.DataFrame, month: str) -> Iterator[str]:
        """組合全体と、自分の行と、まとめた行。"""
        people, here = by_employer(self.truth.files[month]), rows[rows.month == month]
        for row in here.to_dict("records"):
            if row["employer_id"] == "TOTAL":
                yield from self._total(row, Count.of(self.truth.files[month].values()))
            elif row["employer_id"] != "OTHERS":
                true = Count.of(people.get(row["employer_id"], []))
                blank = [row[name] == "" for name in (*COUNTS[1:], "usable_rate")]
                right = row["members"] == str(to_five(true.members))
                yield from self.see(f"{row['employer_id']} の行", right, true.members >= 30, *blank)
        yield from self.see("組合全体の行が一つでない", list(here.employer_id).count("TOTAL") == 1)

    def _total(self, row: Mapping[str, str], true: Count) -> Iterator[str]:
        decimals = 1 if true.members >= 5000 else 0
        for name in COUNTS:
            yield from self.see(
                f"組合全体の {name}", row[name] == str(to_five(getattr(true, name)))
            )
        for name, count in (("rate", true.registered), ("usable_rate", true.usable)):
            rate = half_up(Fraction(100 * count, true.members), decimals)
            yield from self.see(f"組合全体の {name}", Fraction(row[name]) == rate)

    def _levels(self, publication: Publication, month: str) -> Iterator[str]:
        """水準：定めた月の人数に合い、五人が変わるまで動かず、広く配る版と一字も違わない。"""
        files, coarser = self.truth.files, publication.outside.result.coarser
        for employer in [*publication.opened.names, "KENPO", "NOEMPLOYER"]:
            row, true = (
                publication.outside.levels_of(employer).iloc[-1],
                self.truth.count(month, employer),
            )
            yield from self.see(
                f"{employer} の加入者", row.month == month, row.members == true.members
            )
            was, now = (
                self.levels.get(employer),
                None if pd.isna(row.level) else {name: row[name] for name in LEVEL},
            )
            if true.members < 20:
                yield from self.see(f"{employer} に水準がある", now is None)
            elif now is None:
                yield from self.see(f"{employer} に水準がない", employer in coarser.unlevelled)
            elif now["since"] == month:
                moved = (
                    was is None
                    or employer in coarser.widened
                    or changed(files[was["since"]], files[month], employer) >= 5
                )
                yield from self.see(
                    f"{employer} の水準", moved, *_holds(now, true, was, self.settled.get(employer))
                )
                self.settled[employer] = true
            else:
                stays = changed(files[now["since"]], files[month], employer) < 5
                yield from self.see(f"{employer} の水準が動かない", now == was, stays)
            self.levels[employer] = now
            yield from self._same_level(employer, now, month)

    def _relevelled(self, publication: Publication, month: str) -> Iterator[str]:
        """取り込み直した月の水準：その月に定め直したなら、新しい人数に合う。"""
        for employer in publication.opened.names:
            rows = publication.outside.levels_of(employer).set_index("month")
            row, true = rows.loc[month], self.truth.count(month, employer)
            yield from self.see(f"{employer} の加入者（訂正）", row.members == true.members)
            if row.since == month:
                now = {name: row[name] for name in LEVEL}
                yield from self.see(f"{employer} の水準（訂正）", *_holds(now, true, None, None))

    def _same_level(self, employer: str, now: Mapping | None, month: str) -> Iterator[str]:
        """広く配る版の水準は、事業所のページと同じ数字。"""
        row = self.shown[month].get(employer)
        if row is not None and self.truth.count(month, employer).members:
            expected = ["", "", "", ""] if now is None else [str(now[name]) for name in LEVEL]
            yield from self.see(
                f"{employer} の水準が、ページと広く配る版で違う", list(row[5:9]) == expected
            )

    def _composition(self, publication: Publication, month: str) -> Iterator[str]:
        """まとめた行：四つ以上、三十人以上、一つが六割まで。出入りがあれば、三つがとどまる。"""
        state = publication.outside.result.showing.state
        own, shown = state[~state.employer_id.isin(NOT_OWN)], set(self.shown[month])
        hidden = frozenset(own.employer_id[own.merged])
        sizes = {
            employer: self.truth.count(month, employer).members for employer in own.employer_id
        }
        here = [sizes[employer] for employer in hidden if sizes[employer]]
        yield from self.see("まとめた事業所に、自分の行がある", not hidden & shown)
        yield from self.see(
            "行のない事業所がある", set(own.employer_id) - hidden == shown - set(NOT_OWN)
        )
        if "OTHERS" in shown:
            yield from self.see(
                "まとめた行", len(here) >= 4, sum(here) >= 30, 10 * max(here) <= 6 * sum(here)
            )
            true = Count.of(
                one
                for employer, some in by_employer(self.truth.files[month]).items()
                if employer in hidden
                for one in some
            )
            row = dict(
                zip(publication.outside.wide.columns, self.shown[month]["OTHERS"], strict=True)
            )
            right = [
                row[name] == str(to_five(getattr(true, name)))
                for name in ("members", "unregistered", "lapsed")
            ]
            yield from self.see(
                "まとめた行の数",
                *right,
                *(row[name] == "" for name in ("registered", "rate", "usable")),
            )
            if self.merged and self.merged != hidden:
                staying = [employer for employer in self.merged & hidden if sizes[employer]]
                yield from self.see("まとめた行から一つだけが出入りした", len(staying) >= 3)
        self.merged = hidden if "OTHERS" in shown else frozenset()

    def _moves(self, publication: Publication, month: str) -> Iterator[str]:
        """動きの表、わけの表、率の上がり下がり。"""
        before = str(publication.opened.month.plus(-1))
        if before not in self.truth.files:
            yield from self.see(
                "前の月がないのに動きがある",
                society_tables.change_table(publication.outside, exact=False) is None,
            )
            return
        then, now = self.truth.files[before], self.truth.files[month]
        true = movements(then, now)
        for reason, people in society_tables.change_table(
            publication.outside, exact=False
        ).itertuples(index=False, name=None):
            fits = pd.isna(people) or (true[reason] >= 5 and people == to_five(true[reason]))
            yield from self.see(f"動き {reason}", fits)
        decimals, points = 1 if len(now) >= 5000 else 0, points_of(then, true)
        for cause, shown in society_tables.cause_table(publication.outside).itertuples(
            index=False, name=None
        ):
            few = sum(true[name] for name in CAUSES[cause]) < 5
            fits = (
                pd.isna(shown)
                if few or points[cause] is None
                else _is(shown, half_up(points[cause], decimals))
            )
            yield from self.see(f"わけ {cause}", fits)
        rates = [Fraction(self.shown[at]["TOTAL"][5]) for at in (before, month)]
        truth = Count.of(now.values()).rate - Count.of(then.values()).rate
        yield from self.see("率の上がり下がりが逆", sign(rates[1] - rates[0]) * sign(truth) >= 0)

    def _lists(self, publication: Publication, month: str) -> Iterator[str]:
        """リストの人数と、前のリストからの入れかわり。"""
        table, before = publication.outside.lists, str(publication.opened.month.plus(-1))
        for employer in self.notified:
            rows = table[table.employer_id == employer].set_index("month")
            now, then = self.listed(month, employer), self.listed(before, employer)
            row = rows.loc[month]
            yield from self.see(
                f"{employer} のリスト",
                *(
                    row[did] == list(now.values()).count(did)
                    for did in ("link", "renew", "renew_then_link")
                ),
            )
            homes = {(symbol, number.lstrip("0")) for symbol, number, _ in now}
            insured = sum(branch == "00" for *_, branch in now)
            yield from self.see(
                f"{employer} のリストの世帯、本人と家族、何回目",
                row.households == len(homes),
                (row.insured, row.family) == (insured, len(now) - insured),
                (row["first"], row["second"], row["later"]) == (len(now), 0, 0),
            )
            turns = (
                len(now.keys() - then.keys()),
                len(now.keys() & then.keys()),
                len(then.keys() - now.keys()),
            )
            yield from self.see(
                f"{employer} のリストの入れかわり", (row.came, row.stayed, row.gone) == turns
            )

    def listed(self, month: str, employer: str) -> dict[tuple, str]:
        if month not in self.truth.withheld:
            return {}
        return listed(
            by_employer(self.truth.files[month]).get(employer, []), self.truth.withheld[month]
        )

    def _parts(self, publication: Publication, month: str) -> Iterator[str]:
        """本人と家族。"""
        people = self.truth.files[month].values()
        kinds = {"本人": Count.of(one for one in people if one.branch == "00")}
        kinds["家族"] = Count.of(one for one in people if one.branch != "00")
        table = society_tables.part_table(publication.outside, exact=False)
        yield from self.see(
            "本人と家族の表", table.empty == any(one.members < 30 for one in kinds.values())
        )
        for row in table.itertuples():
            true = kinds[row.member_kind]
            decimals = 1 if len(people) >= 5000 else 0
            right = _is(row.rate, half_up(true.rate, decimals))
            yield from self.see(f"{row.member_kind}", row.members == to_five(true.members), right)


def _holds(now: Mapping, true: Count, was: Mapping | None, then: Count | None) -> Iterator[bool]:
    """水準が、定めた月の本当の率に合うか。同じ刻みの前の水準からの上がり下がりが、本当と逆でないか。"""
    if now["bound"]:
        yield true.rate >= now["level"] if now["bound"] == "以上" else true.rate <= now["level"]
    else:
        yield abs(true.rate - int(now["level"])) <= now["tolerance"]
    if was and (was["bound"], was["tolerance"]) == (now["bound"], now["tolerance"]):
        yield sign(now["level"] - was["level"]) * sign(true.rate - then.rate) >= 0


def points_of(then: People, moves: Mapping[str, int]) -> dict[str, Fraction | None]:
    """率の変わったわけ（ポイント、丸める前）。"""
    members, on = len(then), sum(one.state == 1 for one in then.values())
    ends = [(on, members)]
    ends.append(
        (
            on - moves["left_registered"],
            members - moves["left_registered"] - moves["left_unregistered"],
        )
    )
    ends.append((ends[1][0] + moves["newly_registered"] - moves["cancelled"], ends[1][1]))
    joined = moves["joined_registered"], moves["joined_unregistered"]
    ends.append((ends[2][0] + joined[0], ends[2][1] + sum(joined)))
    rates = [Fraction(100 * top, bottom) if bottom else None for top, bottom in ends]
    steps = {"leavers": (0, 1), "behaviour": (1, 2), "joiners": (2, 3)}
    return {
        name: None if None in (rates[a], rates[b]) else rates[b] - rates[a]
        for name, (a, b) in steps.items()
    }


def _is(shown: float, expected: Fraction) -> bool:
    return Fraction(str(shown)) == expected
