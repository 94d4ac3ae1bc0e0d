"""判定表：144 の組合せの仕様と、規則の性質。"""

from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from mynalib.domain.classification import ACTIONS, FACTS, RULES, STATUSES, decision_table

SPECIFICATION = Path(__file__).parents[1] / "facts" / "decision_table.csv"


def specification() -> pd.DataFrame:
    return pd.read_csv(SPECIFICATION, dtype=str, keep_default_na=False)


def test_every_combination_of_facts_is_decided_as_the_specification_says():
    ours = decision_table().sort_values(list(FACTS), ignore_index=True)
    theirs = specification().sort_values(list(FACTS), ignore_index=True)
    assert len(theirs) == 144
    pd.testing.assert_frame_equal(ours, theirs)


def test_no_rule_is_shadowed_by_the_rules_above_it():
    everybody = [dict(zip(FACTS, values, strict=True)) for values in product(*FACTS.values())]
    first_hits = {
        next(i for i, rule in enumerate(RULES) if rule.matches(facts)) for facts in everybody
    }
    assert first_hits == set(range(len(RULES)))


def test_every_status_and_action_is_in_use():
    table = decision_table()
    assert set(table.status) == set(STATUSES)
    assert set(table.action) == set(ACTIONS)


@pytest.mark.parametrize("field", list(FACTS))
def test_spoiling_one_field_of_a_person_not_to_be_reminded_never_yields_a_reminder(field):
    """空欄にした一項目が、勧奨を生んではならない（日付が消えて「未登録」に見えるときだけは、履歴が守る）。"""
    table = decision_table().set_index(list(FACTS)).action
    for facts, action in table.items():
        if action not in ("never", "card_info") or field in ("cancel_kind", "dates"):
            continue
        spoiled = [
            v if name != field else FACTS[field][0] for name, v in zip(FACTS, facts, strict=True)
        ]
        assert table[tuple(spoiled)] in ("never", "card_info", "review")


def test_a_lost_cancel_kind_with_its_date_still_there_goes_to_review():
    table = decision_table().set_index(list(FACTS)).action
    for flag, dates in product(FACTS["certificate_flag"], FACTS["dates"][1:]):
        assert table["0", "", flag, dates] == "review"
