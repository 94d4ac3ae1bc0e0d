"""画面で尋ねる命令：止められたとき、打つ人がいないとき、打ち誤ったとき。"""

from collections.abc import Callable
from functools import partial

import pytest
from societies import SmallSociety

from mynalib import ending
from mynalib.cli import app
from mynalib.cli.answer import Asked
from mynalib.reminders.memory import handovers

HANDOVER = ["handover", "--employer", "E02", "--to", "企画部", "--means", "社内便"]
EXPLAIN = ["explain", "--because", "本人からの尋ね"]
Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def run(published, monkeypatch) -> Run:
    """命令を動かし、尋ねられるたびに、typed の次のものを打つ（例外なら、それが起きる）。終了コードと、断った名。"""
    monkeypatch.delenv("MYNA_MASTER", raising=False)

    def typing(words: list[str], *typed: str | type[BaseException]) -> tuple[int, list[str]]:
        left = [*typed]

        def answer(*_: object, **__: object) -> str:
            word = left.pop(0)
            if isinstance(word, str):
                return word
            raise word

        monkeypatch.setattr("getpass.getpass", answer)
        refused = []
        words = [*words, "--home", str(published.home.root)]
        status = ending.end(partial(app, words, obj=Asked()), refused.append)
        assert not left
        return status, [error.code for error in refused]

    return typing


@pytest.mark.parametrize("words", [HANDOVER, EXPLAIN], ids=lambda words: words[0])
def test_ctrl_c_while_asked_ends_as_everywhere_else(run: Run, words):
    assert run(words, KeyboardInterrupt) == (130, [])


@pytest.mark.parametrize(
    ("words", "code"), [(HANDOVER, "MASTER_REFUSED"), (EXPLAIN, "BAD_KEY_TYPED")]
)
def test_where_nobody_can_type_the_command_says_so(run: Run, words, code):
    assert run(words, EOFError) == (1, [code])


def test_a_new_master_passphrase_is_typed_twice_alike(run: Run, published: SmallSociety):
    assert run(HANDOVER, "a master passphrase", "a master passphrass") == (1, ["MASTER_REFUSED"])
    assert not published.home.passphrases.exists() and not handovers(published.home)
    assert run(HANDOVER, "a master passphrase", "a master passphrase") == (0, [])
    assert run([*HANDOVER, "--again"], "a master passphrase") == (0, [])
