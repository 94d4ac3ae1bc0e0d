"""丸め：正確な整数の比から、四捨五入で一度だけ丸める。float を通さない。

Python の round と書式指定は偶数丸めや二進の誤差があり、国の公表値の作り方（四捨五入）と違う値を出す。
"""

import pandas as pd


def percent(numerators: pd.Series, denominators: pd.Series, decimals: int) -> pd.Series:
    """割合（%）。四捨五入して小数 decimals 桁。どちらかが欠けるか分母が 0 なら欠ける。

    Args:
        numerators, denominators: 人数（0 以上）。欠けることがある（Int64）。
    Returns:
        桁の分だけの値なので、そのまま文字にしても余分な桁が出ない（0 桁なら Int64、ほかは Float64）。
    """
    scale = 10**decimals
    top = numerators.astype("Int64")
    bottom = denominators.astype("Int64")
    # 分母のない率は、0 % ではなく、ない
    bottom = bottom.mask(bottom == 0)
    # 整数だけの四捨五入：1/8（12.5 %）は (1×100×2 ＋ 8) // (8×2) ＝ 13。Python の round(12.5) は 12
    scaled = (top * 100 * scale * 2 + bottom) // (bottom * 2)
    return scaled.astype("Float64") / scale if decimals else scaled


def to_multiple(counts: pd.Series, base: int) -> pd.Series:
    """人数を base の倍数へ、近いほうに丸める。欠けたままのものは欠ける。"""
    # 5 の倍数なら、102 は 100、103 は 105。10 の倍数なら、ちょうど半分の 5 は大きいほうの 10
    return ((counts.astype("Int64") + base // 2) // base) * base
