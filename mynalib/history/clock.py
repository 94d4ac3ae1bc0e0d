"""時計。ここだけが今日を知り、MYNA_TODAY で止められる。"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from mynalib.domain.errors import MynaError

TODAY = "MYNA_TODAY"


class BadClock(MynaError):
    """MYNA_TODAY が日付でない。"""

    code = "BAD_CLOCK"
    what = "日付ではありません"
    fix = "2026-11-05 の形で書くか、消してください。"


def today() -> date:
    """今日。環境変数 MYNA_TODAY=2026-11-05 があれば、その日。"""
    fixed = os.environ.get(TODAY)
    try:
        return date.fromisoformat(fixed) if fixed else date.today()
    except ValueError:
        raise BadClock(where=f"環境変数 {TODAY}") from None


@contextmanager
def on(day: date) -> Iterator[None]:
    """このあいだは、day を今日とする。使うのは、何か月もの暮らしを作る、架空の組合だけ。"""
    before = os.environ.get(TODAY)
    os.environ[TODAY] = str(day)
    try:
        yield
    finally:
        if before is None:
            del os.environ[TODAY]
        else:
            os.environ[TODAY] = before


def now() -> str:
    """記録に残す時刻（手元の時間帯、秒まで）。日付は today() に合わせる。"""
    day = today()  # 一度だけ聞く。三度聞くと、真夜中に、ない日付になることがある
    moment = datetime.now().astimezone()
    return moment.replace(year=day.year, month=day.month, day=day.day).isoformat(timespec="seconds")
