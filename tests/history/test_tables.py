"""小さな表を、いくつも一度に読む：一つずつ読んだときと、いつも同じ。"""

import pandas as pd
import pytest

from mynalib.history.tables import read_table, read_tables, write_table

PLAIN = pd.DataFrame({"month": ["2026-09", "2026-09"], "members": [3, 4]})
OTHERS = {
    "同じ形": PLAIN.assign(members=[5, 6]),
    "一行もない": PLAIN.iloc[:0],
    "列が足りない": PLAIN[["month"]],
    "列が多い": PLAIN.assign(insured=True),
    "列の順が違う": PLAIN[["members", "month"]],
    "型が違う": PLAIN.assign(members=["3", "4"]),
    "filename という列": PLAIN.rename(columns={"month": "filename"}),
}


@pytest.mark.parametrize("folder", ["cubes", "見本 [1]*"])
@pytest.mark.parametrize("other", OTHERS)
def test_many_tables_are_read_as_each_alone(tmp_path, other, folder):
    tables = [PLAIN, OTHERS[other], PLAIN.assign(members=[7, 8])]
    paths = [tmp_path / folder / f"{at}.parquet" for at in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        write_table(path, table)
    for found, table, path in zip(read_tables(paths), tables, paths, strict=True):
        pd.testing.assert_frame_equal(found, read_table(path))
        pd.testing.assert_frame_equal(found, table, check_dtype=len(table) > 0)


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"not parquet", None], ids=["空", "途中まで", "別のもの", "ない"]
)
def test_one_that_cannot_be_read_takes_no_other_with_it(tmp_path, content):
    paths = [tmp_path / f"{at}.parquet" for at in range(3)]
    for path in paths:
        write_table(path, PLAIN)
    if content is None:
        paths[1].unlink()
    else:
        paths[1].write_bytes(content)
    first, damaged, last = read_tables(paths)
    assert damaged is None
    pd.testing.assert_frame_equal(first, PLAIN)
    pd.testing.assert_frame_equal(last, PLAIN)


def test_a_table_whose_rows_are_damaged_takes_no_other_with_it(tmp_path):
    """形（終わりにある）は読めても、行が読めない。"""
    paths = [tmp_path / f"{at}.parquet" for at in range(3)]
    for path in paths:
        write_table(path, pd.concat([PLAIN] * 1000, ignore_index=True))
    content = bytearray(paths[1].read_bytes())
    content[4:200] = b"\xff" * 196
    paths[1].write_bytes(content)
    first, damaged, last = read_tables(paths)
    assert damaged is None
    assert len(first) == len(last) == 2000
