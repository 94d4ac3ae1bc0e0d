"""図の題：図から分かること一つを、短く。見せた数だけから作る（数は、ここで丸めない）。"""

from collections.abc import Mapping, Sequence

from mynalib.insight.findings import SocietyNow


def trend_title(seen: SocietyNow) -> str:
    """推移の題：いまの率と、前の月との差。"""
    if seen.rate is None:
        return "登録率はありません"
    now = f"登録率は{seen.percent(seen.rate)}%"
    last = seen.difference(seen.before)
    if last is None:
        return now if seen.first else f"{now}（前の月の値はない）"
    if last == 0:
        return f"{now}、前の月と同じ"
    way = "上がった" if last > 0 else "下がった"
    return f"{now}、前月より{abs(last):.{seen.decimals}f}ポイント{way}"


def differences_title(sizes: Sequence[float | None]) -> str:
    """月ごとの差の題：上がった月と下がった月の数。"""
    known = [size for size in sizes if size is not None]
    up, down = sum(size > 0 for size in known), sum(size < 0 for size in known)
    return f"この {len(sizes)} か月で、上がった月は {up}、下がった月は {down}"


def causes_title(causes: Mapping[str, float | None] | None, decimals: int) -> str:
    """わけの題：いちばん大きな、見せたわけ。"""
    shown = {name: points for name, points in (causes or {}).items() if points}
    if not shown:
        return "率を目に見えて動かしたわけはない"
    name = max(shown, key=lambda one: abs(shown[one]))
    way = "上げた" if shown[name] > 0 else "下げた"
    return f"いちばん率を{way}のは{_SHORT[name]}（{shown[name]:+.{decimals}f}）"


_SHORT = {"behaviour": "登録と解除", "joiners": "加入", "leavers": "脱退"}


def parts_title(rates: Mapping[str, float | None], decimals: int) -> str:
    """本人と家族の題。rates は 本人 と 家族 の率（%）。"""
    own, family = rates.get("本人"), rates.get("家族")
    if own is None or family is None:
        return "本人と家族の登録率"
    gap = round(family - own, decimals)
    if gap == 0:
        return f"本人と家族は同じ{own:.{decimals}f}%"
    way = "高い" if gap > 0 else "低い"
    return f"家族は本人より{abs(gap):.{decimals}f}ポイント{way}"


def funnel_title(beyond: int, employers: int) -> str:
    """事業所の題：99.8 % の限界の外にある事業所の数。名は言わない。"""
    if not employers:
        return "比べられる事業所はない"
    if not beyond:
        return f"{employers}事業所の差は、偶然の幅のうち"
    return f"{employers}のうち{beyond}事業所は、偶然の幅の外"


def wave_title(row: Mapping[str, int] | None) -> str:
    """❷ の題：その月の失効、更新、再登録。"""
    if row is None:
        return "前の月がないので、動きは分からない"
    lost = row["lapsed"] + row["cancelled_by_lapse"]
    return f"失効{lost:,}人、更新{row['renewed']:,}人、再登録{row['relinked']:,}人"
