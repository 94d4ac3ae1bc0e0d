"""しきい値：組合の方針（society.yaml の policy）から読む。下限より緩くはできない。"""

from collections.abc import Mapping
from dataclasses import dataclass

LEAST = 5  # どの水準にも、登録者の数として、少なくともこれだけの可能性を残す
POSSIBLE_VALUES = 3  # 攻撃のあとに、少なくともこれだけの可能性を残す
MERGED_EMPLOYERS = 4  # 一つにまとめた行には、少なくともこれだけの事業所が要る
MERGED_STAYING = 3  # まとめた行から一つが出入りするとき、少なくともこれだけがとどまる
MERGED_SHARE = 60  # まとめた行で、一つの事業所が占めてよい割合（%）
LEAVING = 6  # まとめた行から離れるには、入る人数より、これだけ多くなければならない
ONE_DECIMAL = 5_000  # 組合の率を小数一桁で見せる人数

# どの値も、大きいほど厳しい。20 人は、いちばん粗い刻みの 25 % が、ちょうど五人になる数（levels.LEVEL_STEPS）
_FLOORS = {
    "employer": {"minimum_members": 20},
    "wide": {"minimum_members": 30, "mask_up_to": 7, "round_to": 5, "min_changes": 5},
}


@dataclass(frozen=True)
class Thresholds:
    """しきい値（人）。

    employer_minimum これに満たない事業所には、水準を見せない。
    wide_minimum これに満たない事業所は、広く配る版で一つの行にまとめる。
    mask_up_to 登録者か未登録者がこれ以下なら、水準ではなく「何 % 以上」で見せる。
    round_to 組合とまとめた行の人数を丸める単位。
    min_changes 水準を定めてから、これだけの人が変わるまで、動かさない。
    """

    employer_minimum: int
    wide_minimum: int
    mask_up_to: int
    round_to: int
    min_changes: int

    @classmethod
    def of(cls, policy: Mapping) -> "Thresholds":
        """society.yaml の policy から。下限より緩ければ ValueError。"""
        for part, floors in _FLOORS.items():
            for name, floor in floors.items():
                if int(policy[part][name]) < floor:
                    raise ValueError(f"policy.{part}.{name} は {floor} より緩くできません")
        wide = policy["wide"]
        return cls(
            employer_minimum=int(policy["employer"]["minimum_members"]),
            wide_minimum=int(wide["minimum_members"]),
            mask_up_to=int(wide["mask_up_to"]),
            round_to=int(wide["round_to"]),
            min_changes=int(wide["min_changes"]),
        )

    @property
    def leaves_above(self) -> int:
        """まとめた行の事業所が、自分の行に戻るのに、こえなければならない人数。"""
        return self.wide_minimum + LEAVING
