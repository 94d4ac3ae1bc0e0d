"""届くファイルの形の約束。"""

from dataclasses import dataclass

ENCODINGS = ("auto", "utf-8", "cp932", "utf-16")
HEADERS = ("auto", "present", "absent")
DATES = ("YYYYMMDD", "YYYY-MM-DD", "YYYY/MM/DD", "wareki")


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
        for name, choices in (("encoding", ENCODINGS), ("header", HEADERS), ("date", DATES)):
            if getattr(self, name) not in choices:
                raise ValueError(f"file.{name} は {', '.join(choices)} のどれかにしてください")
