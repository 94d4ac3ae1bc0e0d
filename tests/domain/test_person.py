"""一人を表す鍵：どこで書かれても、同じ人は同じ鍵になる。"""

import pandas as pd
import pytest

from mynalib.domain.person import PERSON_KEY, person_key, with_person_key

WRITTEN = [("１０１", "0015001", "0"), ("101", "15001", "00"), (" 101 ", "15001", "00")]


@pytest.mark.parametrize("written", WRITTEN)
def test_one_person_has_one_key_however_written(written):
    assert person_key(*written) == ("101", "15001", "00")


def test_a_table_gets_the_same_keys():
    table = with_person_key(pd.DataFrame(WRITTEN, columns=["symbol", "number", "branch"]))
    assert list(table[PERSON_KEY].itertuples(index=False, name=None)) == [
        person_key(*each) for each in WRITTEN
    ]
