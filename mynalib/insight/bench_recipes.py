"""作業台の「よくある問い」の一覧。一つの問いに、一つの関数、一つの文、一つの表。"""

from collections.abc import Callable
from inspect import signature

import pandas as pd

from mynalib.history.asking import BadQuestion
from mynalib.insight import bench_moving, bench_people, bench_standing
from mynalib.insight.bench_answers import Answer
from mynalib.insight.bench_desk import Desk
from mynalib.insight.bench_views import bench_words

RECIPES: dict[str, Callable] = {
    recipe.__name__: recipe
    for recipe in (
        bench_standing.behind_dependants,
        bench_moving.joiners_effect,
        bench_people.lapsed_after_wave,
        bench_moving.employers_year,
        bench_moving.before_after_campaign,
        bench_standing.beyond_chance,
        bench_standing.certificate_needed,
        bench_people.transfers,
        bench_moving.lapses_by_month,
        bench_people.newcomers_first_registration,
    )
}


def questions() -> pd.DataFrame:
    """よくある問いの一覧。列 name, question。"""
    words = bench_words("recipes")
    return pd.DataFrame({"name": [*RECIPES], "question": [words[name] for name in RECIPES]})


def answer(bench: Desk, name: str, **options: object) -> Answer:
    """一つの問いの答え。

    Raises:
        BadQuestion: 知らない問い、知らない選び、答えるのに要る月がない。
    """
    if name not in RECIPES:
        raise BadQuestion(
            where="bench.recipe",
            what=f"知らない問いです（{name}）",
            fix=f"使えるのは {'、'.join(RECIPES)} です。",
        )
    known = [*signature(RECIPES[name]).parameters][1:]
    if unknown := set(options) - set(known):
        what = f"知らない選びです（{'、'.join(sorted(unknown))}）"
        raise BadQuestion(
            where=f'bench.recipe("{name}")', what=what, fix=f"使えるのは {'、'.join(known)} です。"
        )
    headline, table = RECIPES[name](bench, **options)
    return Answer(bench_words("recipes")[name], headline, table)
