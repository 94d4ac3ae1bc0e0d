"""作業台の SQL：読むだけ、四つの表だけ、人の鍵は仮の名で。元の鍵は、わけを台帳に書いてから。"""

import pytest

from mynalib.domain.errors import MynaError
from mynalib.history.ledger import Ledger
from mynalib.insight.bench import Bench, open_bench

KEYS = "symbol, number, branch, symbol_key, number_key"


@pytest.fixture
def bench(small) -> Bench:
    return open_bench(small.home.root)


@pytest.fixture(scope="module")
def one_bench(_small) -> Bench:
    """問うだけの試験が、続けて使う作業台。"""
    return open_bench(_small)


@pytest.mark.parametrize(
    "text",
    [
        "select * from main.person",
        "select * from memory.main.member",
        "from member_file",
        "from veil",
        "from main.veil",
        "from hold",
        "from symbol_entry",
        "from 'members.parquet'",
        "from read_parquet('members.parquet')",
        "from read_csv('x.csv')",
        "from glob('*')",
        "from query('from main.person')",
        "from query_table('member')",
        "from judged_of('member')",
        "from duckdb_views()",
        "from information_schema.tables",
        "from pragma_table_info('main.member')",
        "select (select max(number) from main.member)",
        "select * from person where exists (from main.member)",
        "select * from (with member_file as (select 1) from member_file), member_file",
        "select * from (with veil as (select 1) from veil), veil",
        'with "x.parquet" as (select 1) select 1',
        "with Member_File as (select 1) select 1",
        "show tables",
        "pragma database_list",
        "install httpfs",
        "load httpfs",
        "attach 'x.db'",
        "copy person to 'x.csv'",
        "set lock_configuration = false",
        "create table x as select 1",
        "drop view person",
        "delete from person",
        "select 1; select 2",
        "selec 1",
        "select nothing from person",
        "select number::int from person",
        "",
    ],
)
def test_anything_but_one_plain_select_on_the_four_views_is_refused(one_bench, text):
    with pytest.raises(MynaError) as caught:
        one_bench.sql(text)
    assert caught.value.code == "BAD_QUESTION"
    assert caught.value.__context__ is None or "101" not in str(caught.value.__context__)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("select count(*) from member", 1),
        ("select employer_id, count(*) from person where month = '2026-10' group by all", 5),
        ("select sum(members) from cube", 1),
        ("select sum(members) from flow", 1),
        ("with mine as (from person), more as (from mine) select count(*) from more", 1),
        (
            "with person as (select * from person where month = '2026-10') select count(*) from person",
            1,
        ),
        ("from unnest([1, 2]) u, range(3)", 6),
        ("describe person", 19),
    ],
)
def test_a_plain_select_is_answered(one_bench, text, rows):
    assert len(one_bench.sql(text)) == rows


def test_no_key_is_shown_and_the_same_person_keeps_one_name_for_the_session(bench, small):
    question = f"select month, {KEYS}, line from person order by all"
    table = bench.sql(question)
    shown = table.to_csv(index=False)
    assert table.line.isna().all()
    for number in ("1015000", "1025000", "9015000"):
        assert number not in shown
    assert not {"101", "102", "901", "00", "01"} & {*table.symbol, *table.branch}
    people = table[["symbol", "number", "branch"]].drop_duplicates()
    assert len(people) == len(table) / 2 == 115
    assert people.number.nunique() < len(people), "世帯は、同じ番号の仮の名を持つ"
    again = open_bench(small.home.root).sql(question)
    assert again.equals(table), "動かし直しても、同じプロセスでは同じ名"
    assert bench.sql("select * from person where number = '1015000' or branch = '00'").empty


def test_the_keys_are_shown_only_after_a_reason_is_in_the_ledger(bench, small):
    for blank in ("", "  ", "　"):
        with pytest.raises(MynaError) as caught:
            bench.unmask(blank)
        assert caught.value.code == "REASON_REQUIRED"
    assert "s:" in bench.sql("select symbol from person limit 1").symbol[0]
    bench.unmask(reason="問い合わせのあった方の行を確かめる")
    line = Ledger(small.home.ledger).lines()[-1]
    assert (line["did"], line["reason"]) == ("unmasked", "問い合わせのあった方の行を確かめる")
    shown = bench.sql("select number, line from person where number = '1015000'")
    assert len(shown) == 4
    assert shown.line.notna().all()
    assert "s:" in open_bench(small.home.root).sql("select symbol from person limit 1").symbol[0]


def test_a_ledger_that_is_being_written_is_not_written_by_unmask(bench, small):
    with small.home.locked(), pytest.raises(MynaError) as caught:
        bench.unmask(reason="確かめる")
    assert caught.value.code == "LOCKED"
    assert "s:" in bench.sql("select symbol from person limit 1").symbol[0]


def test_asking_leaves_nothing_on_the_disk(bench, small):
    before = set(small.home.root.rglob("*"))
    bench.sql("select * from person p join person q using (symbol, number, branch)")
    assert set(small.home.root.rglob("*")) == before


def test_the_ledger_with_an_unmasking_is_still_sound(bench, small):
    bench.unmask(reason="確かめる")
    assert small.publish(only="E01").outcome == "draft"
    assert "unmasked" in [line["did"] for line in Ledger(small.home.ledger).lines()]
