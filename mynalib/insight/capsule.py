"""カプセル：一人の読み手に見せてよい行と列だけを入れた、一回の実行のためのフォルダー。"""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from mynalib.domain.months import Month
from mynalib.insight.disclosure import Terms


@dataclass(frozen=True)
class Capsule:
    """カプセルを読む窓。`facts` は capsule.json の中身（組合名、月、読み手、しきい値など。人の値はない）。"""

    folder: Path
    facts: dict

    @classmethod
    def read(cls, folder: Path) -> "Capsule":
        return cls(folder, json.loads((folder / "capsule.json").read_text(encoding="utf-8")))

    @property
    def month(self) -> Month:
        return Month.parse(self.facts["month"])

    @property
    def audience(self) -> str:
        return self.facts["audience"]

    @property
    def terms(self) -> Terms:
        """見せる条件。ノートブックは読み手を選べない。"""
        facts = self.facts
        also = tuple((month, employer) for month, employer in facts["also"])
        return Terms(facts["audience"], facts["policy"], tuple(facts["columns"]), facts["demo"], also)

    def table(self, name: str) -> pd.DataFrame:
        """カプセルの中の表。列と単位は publish.capsules の、その表を作る関数にある。"""
        path = self.folder / f"{name}.parquet"
        if name not in self.facts["tables"]:
            raise KeyError(f"このカプセルにあるのは {self.facts['tables']} です")
        with duckdb.connect() as db:
            return db.read_parquet(str(path)).df()
