"""動かし方：いくつもの公開の進み具合を、一つの全体として知らせる。"""

import pytest

from mynalib.jobs.running import InTurn, Running


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([41], [41]),
        ([41, 41, 41], [123, 123, 123]),
        ([41, 42, 42, 40], [164, 167, 167, 165]),
        ([0, 5], [0, 5]),
    ],
)
def test_releases_in_turn_are_told_as_one_whole(counts, told):
    """いつも、済んだ公開の数に、まだの公開がいまのと同じだけ続くとみた数。終わりには、ちょうどの数。"""
    seen, done = [], []
    together = InTurn(Running(on_plan=seen.append, on_done=done.append), len(counts))
    for count in counts:
        running = together.running
        running.on_plan(count)
        for number in range(count):
            running.on_done(number)
    assert seen == told
    assert seen[-1] == len(done)
