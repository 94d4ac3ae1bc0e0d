"""届くファイルの形の約束。"""

from dataclasses import dataclass

ENCODINGS = ("auto", "utf-8", "cp932", "utf-16")
HEADERS = ("auto", "present", "absent")


@dataclass(frozen=True)
class DateStyle:
    """日付の書き方。`pattern` の三つの組が年・月・日で、`epoch` は年に足す数。"""

    pattern: str
    epoch: int = 0


DATES = {
    "YYYYMMDD": DateStyle("([0-9]{4})([0-9]{2})([0-9]{2})"),
    "YYYY-MM-DD": DateStyle("([0-9]{4})-([0-9]{2})-([0-9]{2})"),
    "YYYY/MM/DD": DateStyle("([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    # 登録の受付は令和 2 年からなので、ほかの元号はない
    "wareki": DateStyle("(?:令和|R)(元|[0-9]{1,2})[年./]([0-9]{1,2})[月./]([0-9]{1,2})日?", epoch=2018),
}


@dataclass(frozen=True)
class FileProfile:
    """society.yaml の `file:`。`auto` のほかは、人が確かめた値で、合わないファイルは断る。

    encoding: auto, utf-8, cp932, utf-16
    header: auto, present, absent
    date: YYYYMMDD, YYYY-MM-DD, YYYY/MM/DD, wareki（YYYYMMDD は、どの書き方でも読む）
    """

    encoding: str = "auto"
    header: str = "auto"
    date: str = "YYYYMMDD"

    def __post_init__(self) -> None:
        for name, choices in (("encoding", ENCODINGS), ("header", HEADERS), ("date", tuple(DATES))):
            if getattr(self, name) not in choices:
                raise ValueError(f"file.{name} は {', '.join(choices)} のどれかにしてください")
