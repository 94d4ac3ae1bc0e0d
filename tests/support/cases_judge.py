"""tests/cases の約束で、観察を判定する。約束の項目は、全て下の表にあり、表にない項目は、約束違反とする。

観察（dict）は tests/case_homes.py が作る。outcome loaded|refused|held|no_op、refusal_class、accepted、history_changed は
いつもあり、ほかは取り込めたときだけある。鍵は「記号/番号/枝番」で、記号は登録どおり、番号は半角の数字、枝番は二桁。
"""

import hashlib
import json
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import case_scan
import pandas as pd
from case_homes import CONFIG, Run, capsules, inputs_of, listed, registry

from mynalib.capsules.publication import open_publication

ANY = "ANY"
SHORT = {"678"}  # 先頭の 0 を失った短い番号。人数と見分けられないので、0 の付いた形だけを見張る
Seen = Mapping[str, Any]
Check = Callable[[Any, Seen], Iterator[str]]


def judge(expectation: Mapping[str, Any], seen: Seen) -> list[str]:
    """約束と違うところ。なければ空。"""
    beside = {key: value for key, value in expectation.items() if key != "any_of"}
    if "any_of" not in expectation:
        return [*_always(seen), *_against(beside, seen)]
    best = min((_against(choice, seen) for choice in expectation["any_of"]), key=len)
    return [*_always(seen), *best, *(_each(beside, seen) if seen["outcome"] == "loaded" else [])]


def judge_step(case: Mapping[str, Any], step: int, seen: Seen) -> list[str]:
    """一つの事例の step 番目（0 から）。事例の alternatives のどれかに合ってもよい。"""
    expectation = case["steps"][step]["expect"] if case["steps"] else case["expect"]
    wrong = judge(expectation, seen)
    return [] if any(not judge(other, seen) for other in case.get("alternatives", ())) else wrong


def _against(choice: Mapping[str, Any], seen: Seen) -> list[str]:
    if (
        seen["outcome"] == "refused"
        and seen["refusal_class"] == "ALL_BAD"
        and _accepts_nobody(choice)
    ):
        return []
    if seen["outcome"] != choice["outcome"]:
        return [f"{choice['outcome']} のはずが {seen['outcome']}（{seen['refusal_class']}）"]
    return list(_each(choice, seen))


def _accepts_nobody(choice: Mapping[str, Any]) -> bool:
    return (
        choice["outcome"] == "loaded"
        and choice.get("accepted") == 0
        and choice.get("data_rows", 0) > 0
    )


def _each(choice: Mapping[str, Any], seen: Seen) -> Iterator[str]:
    for name, value in choice.items():
        if name in EXPECTATIONS:
            yield from EXPECTATIONS[name](value, seen)
        else:
            yield f"知らない約束：{name}"


def _always(seen: Seen) -> Iterator[str]:
    """どの事例でも：断ったら何も変わらない。取り込んだら、誰も失われず、隔離した行は行番号と一つの理由を持つ。"""
    if seen["outcome"] != "loaded":
        if seen["history_changed"]:
            yield "取り込まなかったのに、置き場所が変わった"
        return
    if seen["accepted"] + seen["quarantined"] != seen["data_rows"]:
        yield "受け入れと隔離の和が、行の数と違う"
    if not seen["accepted"] == seen["kept"] == len(seen["accepted_keys"]):
        yield "受け入れた数と、月にある人の数が違う"
    if (
        not seen["quarantined"]
        == len(seen["quarantined_lines"])
        == len(set(seen["quarantined_lines"]))
    ):
        yield "隔離した数と、quarantine の行の数が違う"
    if seen["kept_reasons"] != seen["reasons"]:
        yield "答えた理由と、quarantine の理由が違う"


# 項目ごとの判定 ------------------------------------------------------------------------------------


def _equal(name: str) -> Check:
    def check(value: Any, seen: Seen) -> Iterator[str]:
        if seen[name] != value:
            yield f"{name} が {value} でなく {seen[name]}"

    return check


def _nothing(_: Any, __: Seen) -> Iterator[str]:
    yield from ()


def _class(allowed: list[str], seen: Seen) -> Iterator[str]:
    if seen["refusal_class"] not in allowed:
        yield f"断る理由が {allowed} でなく {seen['refusal_class']}"


def _reasons(expected: Mapping[str, int], seen: Seen) -> Iterator[str]:
    same = (
        sum(expected.values()) == sum(seen["reasons"].values())
        if ANY in expected
        else expected == seen["reasons"]
    )
    if not same:
        yield f"理由が {expected} でなく {seen['reasons']}"


def _accepted(keys: list[str], seen: Seen) -> Iterator[str]:
    yield from (f"受け入れていない：{key}" for key in keys if key not in seen["accepted_keys"])


def _not_accepted(keys: list[str], seen: Seen) -> Iterator[str]:
    yield from (f"受け入れた：{key}" for key in keys if key in seen["accepted_keys"])


def _lines(lines: list[int], seen: Seen) -> Iterator[str]:
    yield from (
        f"{line} 行目を隔離していない" for line in lines if line not in seen["quarantined_lines"]
    )


def _by_key(name: str) -> Check:
    def check(expected: Mapping[str, Any], seen: Seen) -> Iterator[str]:
        for key, value in expected.items():
            got = seen[name].get(key, "absent")
            if got not in (value if isinstance(value, list) else [value]):
                yield f"{name} {key} が {value} でなく {got}"

    return check


def _dates(expected: Mapping[str, str], seen: Seen) -> Iterator[str]:
    """日付のある人の日付。「*」は全ての人。"""
    for pattern, day in expected.items():
        wrong = [key for key, got in seen["dates"].items() if pattern in ("*", key) and got != day]
        yield from (f"日付 {key} が {day} でなく {seen['dates'][key]}" for key in wrong)


def _identical(case_id: str, seen: Seen) -> Iterator[str]:
    if case_id not in seen["same_as"]:
        yield f"{case_id} と同じ人・同じ事実でない"


def _employer_visible(expected: Mapping[str, Mapping[str, Any]], seen: Seen) -> Iterator[str]:
    for code, wanted in expected.items():
        for name, value in wanted.items():
            shown = seen["employer_visible"][code]
            wrong = VISIBLE[name](value, shown) if name in VISIBLE else [f"知らない約束：{name}"]
            yield from (f"事業所 {code}：{one}" for one in wrong)


def _persons_absent(keys: list[str], shown: Seen) -> Iterator[str]:
    yield from (f"見える：{key}" for key in keys if key in shown["visible"] | shown["listed"])


def _persons_present(keys: list[str], shown: Seen) -> Iterator[str]:
    yield from (f"見えない：{key}" for key in keys if key not in shown["visible"])


def _internal(expected: Mapping[str, Mapping[str, int]], seen: Seen) -> Iterator[str]:
    """健保の内部の実数。"""
    for code, wanted in expected.items():
        if wanted != seen["internal"].get(code):
            yield f"{code} の実数が {wanted} でなく {seen['internal'].get(code)}"


VISIBLE: dict[str, Check] = {
    "persons_absent": _persons_absent,
    "persons_present": _persons_present,
    "history_series_unchanged": _equal("series_unchanged"),
}
EXPECTATIONS: dict[str, Check] = {
    "outcome": _equal("outcome"),
    "refusal_class_any_of": _class,
    "data_rows": _equal("data_rows"),
    "accepted": _equal("accepted"),
    "quarantined": _equal("quarantined"),
    "reasons": _reasons,
    "accepted_keys": _accepted,
    "must_accept": _accepted,
    "must_quarantine": _not_accepted,
    "absent_keys": _not_accepted,
    "must_quarantine_lines": _lines,
    "actions": _by_key("actions"),
    "employer_of": _by_key("employer_of"),
    "dates": _dates,
    "identical_to": _identical,
    "history_changed": _equal("history_changed"),
    "published": _equal("published"),
    "same_people_as_previous_month": _equal("same_people_as_previous_month"),
    "backfill": _equal("backfill"),
    "needs_confirmation": _equal("needs_confirmation"),
    "employer_visible": _employer_visible,
    "internal": _internal,
    "note": _nothing,
    "why": _nothing,
}


# 事例の終わりの判定 ----------------------------------------------------------------------------------


def judge_case(run: Run) -> list[str]:
    """動かし終えた事例：全ての段、事例の項目、いつも守ること。"""
    wrong = [
        f"{n} 段目：{one}"
        for n, seen in enumerate(run.steps, 1)
        for one in judge_step(run.case, n - 1, seen)
    ]
    for name, value in run.case.items():
        wrong += CASE[name](run, value) if name in CASE else [f"知らない約束：{name}"]
    for name, value in {
        name: value for step in run.case["steps"] for name, value in step.items()
    }.items():
        wrong += [] if name in STEP else [f"知らない約束：{name} {value}"]
    return [*wrong, *always(run)]


def always(run: Run) -> Iterator[str]:
    """番号は、組合の内部の置き場と、その人の事業所の勧奨リストのほかのどこにもない。置き場所の外には、何も書かない。"""
    secrets, lists = case_scan.canaries(inputs_of(run.case)), _reminded(run)
    more = {case_scan.REVIEW: _in_review(run), case_scan.EVERYBODY: set(run.people.key)}
    yield from case_scan.misplaced(run.home, secrets, _numbers_of(lists | more))
    if any(case_scan.numbers(text.encode()) & secrets for text in run.said):
        yield "画面、エラーの文、記録に番号がある"
    if (
        {
            key.split("/")[1].lstrip("0")
            for seen in run.steps
            for key in seen.get("accepted_keys", ())
        }
        - secrets
        - SHORT
    ):
        yield "番号を見張れていない"
    yield from (f"置き場所の外に書いた：{name}" for name in sorted(run.new_files_outside()))
    for code, keys in listed(run.release) if run.release else ():
        if keys != lists.get(code, set()):
            yield f"{code} の勧奨リストが、行うことと違う"


def _reminded(run: Run) -> dict[str, set[str]]:
    """事業所ごとの、勧奨する人の鍵（公開する月）。"""
    table = run.people
    now = table[(table.month == str(run.month)) & table.action.isin(["link", "renew"])]
    return {code: set(rows.key) for code, rows in now.groupby("employer_id")}


def _in_review(run: Run) -> set[str]:
    """要確認の人の鍵（公開する月）。健保の名簿にだけ載る。"""
    table = run.people
    return set(table[(table.month == str(run.month)) & (table.action == "review")].key)


def _numbers_of(lists: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {code: {key.split("/")[1].lstrip("0") for key in keys} for code, keys in lists.items()}


def _no(*_: Any) -> list[str]:
    return []


def _files(run: Run, files: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in run.folder.iterdir()
    }
    return (
        []
        if found == {name: one["sha256"] for name, one in files.items()}
        else ["事例のファイルが、約束のものでない"]
    )


def _config(run: Run, named: Mapping[str, str]) -> list[str]:
    wrong = [f"知らない設定：{name}" for name in named if name not in CONFIG]
    return wrong + ["名簿がある"] * (run.home.registers / "optout.csv").exists()


def _nested(
    table: Mapping[str, Callable[[Run, Any], list[str]]],
) -> Callable[[Run, Any], list[str]]:
    """名と値の表（か、名の並び）を、その表で判定する。"""

    def check(run: Run, named: Any) -> list[str]:
        pairs = named.items() if isinstance(named, Mapping) else ((name, None) for name in named)
        wrong: list[str] = []
        for name, value in pairs:
            wrong += table[name](run, value) if name in table else [f"知らない約束：{name}"]
        return wrong

    return check


def _distinct_people(run: Run, most: int) -> list[str]:
    return (
        [] if 0 < run.people.who.nunique() <= most else ["一人が、二人になった（か、誰もいない）"]
    )


def _rows_for_month(run: Run, rows: Mapping[str, int]) -> list[str]:
    counts = run.people.month.value_counts().to_dict()
    return [f"{month} の行が {n} でない" for month, n in rows.items() if counts.get(month, 0) != n]


def _current_month(run: Run, month: str) -> list[str]:
    return [] if str(run.month) == month else [f"いまの月が {month} でない"]


def _current_actions(run: Run, actions: Mapping[str, str]) -> list[str]:
    table = run.people
    now = table[table.month == str(run.month)].set_index("key").action.to_dict()
    return list(_by_key("actions")(actions, {"actions": now}))


def _must_not_exist(run: Run, name: str) -> list[str]:
    places = [
        *run.room.rglob(name),
        Path.cwd() / name,
        Path.home() / name,
        Path(tempfile.gettempdir()) / name,
    ]
    return [f"{name} がある" for place in places if place.exists()]


def _forbidden_anywhere(run: Run, words: list[str]) -> list[str]:
    said = [text for text in run.said if any(word in text for word in words)]
    return [
        *case_scan.mentions(case_scan.files_in(run.home.root), words),
        *("画面に、あってはならない言葉" for _ in said),
    ]


def _forbidden_for_employers(run: Run, words: list[str]) -> list[str]:
    """公開したものの全て（事業所用のほかも。健保だけの名簿は除く）。本当に公開できていなければ、確かめたことにならない。"""
    if not run.release:
        return ["公開できていない"]
    names = ("lists", "desk", "listed.csv", "society_listed.csv")
    own = [run.release / "internal" / name for name in names]
    files = [
        path
        for path in case_scan.files_in(run.release)
        if not any(path == place or place in path.parents for place in own)
    ]
    wrong = list(case_scan.mentions(files, words))
    publication = open_publication(run.home, run.params, run.month)
    for code in sorted({path.name for path in (run.release / "employers").iterdir()}):
        tables = capsules(publication, code).values()
        wrong += [
            f"{code} のカプセル"
            for table in tables
            if any(word in table.to_csv() for word in words)
        ]
    return wrong


def _no_output(run: Run, codes: list[str]) -> list[str]:
    """その事業所のものは、何も出ない。設定で断られたなら、何も公開していない。"""
    if not run.release:
        return ["断られたのに、公開したものがある"] if case_scan.files_in(run.home.reports) else []
    found = {path.parent.name for path in run.release.rglob("*.html")}
    return [
        f"{code} へのものがある"
        for code in codes
        if code in found or (run.release / "employers" / code).exists()
    ]


def _pages(run: Run) -> list[Path]:
    return [path for path in case_scan.files_in(run.home.reports) if path.suffix == ".html"]


def _no_live_markup(run: Run, _: None) -> list[str]:
    return [
        what for path in _pages(run) for what in case_scan.live_markup(path)
    ] or _published_or_refused(run)


def _no_formula_cells(run: Run, _: None) -> list[str]:
    sheets = [
        path for path in case_scan.files_in(run.home.reports) if path.suffix in (".csv", ".xlsx")
    ]
    return [
        what for path in sheets for what in case_scan.formula_cells(path)
    ] or _published_or_refused(run)


def _published_or_refused(run: Run) -> list[str]:
    loaded = run.steps[-1]["outcome"] == "loaded"
    return ["取り込んだのに、公開できていない"] if loaded and not run.release else []


def _name_escaped(run: Run, _: None) -> list[str]:
    """名が、動かない文字として見える（か、設定で断られて、どこにもない）。"""
    for employer in run.params.employers if run.release else ():
        text = "".join(case_scan.page(run.release / "employers" / employer.id / "index.html").text)
        if employer.name not in text:
            return [f"{employer.id} のページに、名がない"]
    return _published_or_refused(run)


def _nothing_outside(run: Run, _: None) -> list[str]:
    rows = registry(run.folder / "registry.csv")
    absolute = [Path(row["事業所コード"]) for row in rows if row["事業所コード"].startswith("/")]
    return [f"{path} に書いた" for path in absolute if path.exists()] + sorted(
        run.new_files_outside()
    )


def _attack(run: Run, attack: Mapping[str, Any]) -> list[str]:
    unknown = [f"知らない約束：{name}" for name in attack if name not in ATTACK]
    if attack["type"] not in ATTACKS or attack["audience"] != "wide":
        return [*unknown, "知らない攻撃"]
    return unknown + ATTACKS[attack["type"]](run, attack)


def _linear_bounds(run: Run, attack: Mapping[str, Any]) -> list[str]:
    """守る事業所は、広く配る版に行がなく、まとめた行からも、数がいくつかに絞れない。ページにも、その事業所の数はない。"""
    rates, wrong = _wide_rates(run), []
    for code in attack["protect"]:
        wrong += [f"{code} の行がある"] if code in set(rates.employer_id) else []
        others = rates[rates.employer_id == "OTHERS"]
        for row in others.to_dict(
            "records"
        ):  # まとめた行の数は 5 の倍数。ほかの事業所の数は、読み手は知らない
            possible = range(int(row["members"]) + 3)
            truth = attack["truth"][code]["members"]
            wrong += (
                []
                if len(possible) >= attack["min_feasible_values"] and truth in possible
                else [f"{code} が絞れる"]
            )
    return wrong + [
        f"ページに {code} がある"
        for code in attack["protect"]
        for path in _wide_pages(run)
        if _told_of(path, code)
    ]


def _group_disclosure(run: Run, attack: Mapping[str, Any]) -> list[str]:
    """全員が同じ状態だと分かる数がない：0% と 100%、加入者と同じ数。守る事業所の行も、ない。"""
    rates, wrong = _wide_rates(run), []
    for row in rates.to_dict("records"):
        counts = [row[name] for name in ("registered", "usable", "unregistered", "lapsed")]
        if row["members"] in counts or {row["rate"], row["usable_rate"]} & {0, 100}:
            wrong.append(f"{row['employer_id']} の全員が同じだと分かる")
    wrong += [f"{code} の行がある" for code in attack["protect"] if code in set(rates.employer_id)]
    wrong += [
        f"ページに {code} がある"
        for code in attack["protect"]
        for path in _wide_pages(run)
        if _told_of(path, code)
    ]
    return wrong + [
        f"{path.name} に 0% か 100%" for path in _wide_pages(run) if _says_all_or_none(path)
    ]


def _told_of(path: Path, code: str) -> bool:
    """広く配るページの表に、その事業所の数の行があるか。入口の表に数はない。"""
    rows = [row for row in case_scan.page(path).rows if row[:1] == [code]]
    return any(re.search("[0-9]", cell) for row in rows for cell in row[2:])


def _wide_rates(run: Run) -> pd.DataFrame:
    """rates.csv。cells.json にも、同じ数だけがある。"""
    rates = pd.read_csv(run.release / "management" / "rates.csv", encoding="utf-8-sig")
    cells = json.loads((run.release / "management" / "cells.json").read_text(encoding="utf-8"))[
        "cells"
    ]
    shown = {
        (one["month"], one["employer_id"], one["measure"]): one["value"]
        for one in cells
        if "employer_id" in one
    }
    for row in rates.to_dict("records"):
        for column in (
            "members",
            "registered",
            "usable",
            "unregistered",
            "lapsed",
            "rate",
            "usable_rate",
            "tolerance",
        ):
            value = row[column]
            assert shown[row["month"], row["employer_id"], column] == (
                None if math.isnan(value) else value
            )
    return rates


def _wide_pages(run: Run) -> list[Path]:
    """だれでも読めるページ：入口と management/。"""
    return [
        path
        for path in _pages(run)
        if path.parent.name == "management"
        or (path.name == "index.html" and path.parent in (run.release, run.home.reports))
    ]


def _says_all_or_none(path: Path) -> bool:
    """0% か 100% と書いてあるか。表では、率の列（見出しに % がある）を見る。"""
    page, header = case_scan.page(path), []
    if re.search(r"(?<![0-9.])(?:0|100)(?:\.0+)?\s?[%％]", "".join(page.text)):
        return True
    for row in page.rows:
        header = row if any("%" in cell for cell in row) else header
        if any(
            "%" in name and cell in ("0", "100", "0.0", "100.0")
            for name, cell in zip(header, row, strict=False)
        ):
            return True
    return False


ATTACK = ("type", "audience", "protect", "truth", "min_feasible_values")
ATTACKS = {"linear_bounds": _linear_bounds, "group_disclosure": _group_disclosure}
STEP = ("file", "month", "expect", "with", "force_same_bytes")
CASE: dict[str, Callable[[Run, Any], list[str]]] = {
    **dict.fromkeys(
        ("id", "family", "title", "dir", "note", "steps", "expect", "alternatives"), _no
    ),
    "files": _files,
    "config": _config,
    "check": _nested(
        {
            "distinct_people_in_history_max": _distinct_people,
            "rows_for_month": _rows_for_month,
            "current_month": _current_month,
            "current_actions": _current_actions,
            "must_not_exist": _must_not_exist,
        }
    ),
    "output_checks": _nested(
        {
            "no_live_markup": _no_live_markup,
            "no_formula_cells": _no_formula_cells,
            "name_shown_escaped_or_refused": _name_escaped,
            "nothing_written_outside_out": _nothing_outside,
        }
    ),
    "forbidden_anywhere": _forbidden_anywhere,
    "forbidden_in_employer_outputs": _forbidden_for_employers,
    "no_output_for_employer": _no_output,
    "attack": _attack,
}
