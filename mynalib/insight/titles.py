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
        why = "前の月とは小数の桁が違う" if seen.unlike else "前の月の値はない"
        return now if seen.first else f"{now}（{why}）"
    if last == 0:
        return f"{now}、前の月と同じ"
    way = "上がった" if last > 0 else "下がった"
    return f"{now}、前月より{abs(last):.{seen.decimals}f}ポイント{way}"


def differences_title(sizes: Sequence[float | None]) -> str:
    """月ごとの差の題：上がった月と下がった月の数。差の分からない月は、数えない。"""
    known = [size for size in sizes if size is not None]
    up = sum(size > 0 for size in known)
    down = sum(size < 0 for size in known)
    # ファイルのない月を入れて「この 5 か月で、上がった月は2、下がった月は1」と言うと、あとの 2 か月は同じだったと読まれる
    which = (
        f"この {len(sizes)} か月" if len(known) == len(sizes) else f"差の分かる {len(known)} か月"
    )
    return f"{which}で、上がった月は{up}、下がった月は{down}"


def causes_title(causes: Mapping[str, float | None] | None, decimals: int) -> str:
    """わけの題：いちばん大きな、見せたわけ。"""
    shown = {name: points for name, points in (causes or {}).items() if points}
    if not shown:
        return "率を目に見えて動かしたわけはない"
    name = max(shown, key=lambda one: abs(shown[one]))
    way = "上げた" if shown[name] > 0 else "下げた"
    return f"いちばん率を{way}のは{_SHORT[name]}（{shown[name]:+.{decimals}f}ポイント）"


_SHORT = {"behaviour": "登録と解除", "joiners": "加入", "leavers": "脱退"}


def parts_title(rates: Mapping[str, float | None], decimals: int) -> str:
    """本人と家族の題。rates は 本人 と 家族 の率（%）。"""
    own = rates.get("本人")
    family = rates.get("家族")
    if own is None or family is None:
        return "本人と家族の登録率"
    gap = round(family - own, decimals)
    if gap == 0:
        return f"本人と家族は同じ{own:.{decimals}f}%"
    way = "高い" if gap > 0 else "低い"
    return f"家族は本人より{abs(gap):.{decimals}f}ポイント{way}"


def funnel_title(beyond: int, employers: int) -> str:
    """事業所の題：99.8 % の限界の外にある事業所の数。名は言わない。表の「より上」「より下」は 95 % なので、どちらの幅かを言う。"""
    if not employers:
        return "比べられる事業所はない"
    if not beyond:
        return f"{employers}事業所の差は、偶然の幅（99.8%）のうち"
    return f"{employers}のうち{beyond}事業所は、偶然の幅（99.8%）の外"


def wave_title(row: Mapping[str, int] | None) -> str:
    """❷ の題：その月の失効、更新、再登録。"""
    if row is None:
        return NO_MONTH_BEFORE
    lost = row["lapsed"] + row["cancelled_by_lapse"]
    return f"失効{lost:,}人、更新{row['renewed']:,}人、再登録{row['relinked']:,}人"


NO_MONTH_BEFORE = "前の月がないので、この月の動きは分からない"


def statuses_title(now: Mapping[str, float | None], year_ago: Mapping[str, float | None]) -> str:
    """区分の内わけの題：一年で、割合がいちばん動いた区分。一年前がなければ、いまいちばん多い区分。

    Args:
        now: 区分の見出しから、いまの割合（%、小数一桁）へ。だれもいなければ、値は None。
        year_ago: 一年前の割合。ない月なら、空。
    """
    shares = {name: share for name, share in now.items() if share is not None}
    if not shares:
        return "加入者はいない"
    # 一つでも一年前がなければ、「いちばん動いた」とは言えない
    held = {name: year_ago.get(name) for name in shares}
    if None in held.values():
        name = max(shares, key=shares.__getitem__)
        return f"いちばん多いのは「{name}」（{shares[name]:.1f}%）"
    moved = {name: round(share - held[name], 1) for name, share in shares.items()}
    name = max(moved, key=lambda one: abs(moved[one]))
    if not moved[name]:
        return "区分の割合は、一年前と同じ"
    way = "増えた" if moved[name] > 0 else "減った"
    return f"一年で「{name}」が{abs(moved[name]):.1f}ポイント{way}"


def moves_title(now: Mapping[str, int] | None, before: Mapping[str, int] | None) -> str:
    """登録と失効の題：その月の人数と、新しく登録した人の、前の月との差。"""
    if now is None:
        return NO_MONTH_BEFORE
    said = f"新しく登録{now['newly_registered']:,}人"
    if before is not None:
        said += f"（{_against(now['newly_registered'] - before['newly_registered'])}）"
    return f"{said}、失効{now['lost']:,}人"


def members_title(now: Mapping[str, int] | None) -> str:
    """加入と脱退の題：その月の人数と、差し引き。"""
    if now is None:
        return NO_MONTH_BEFORE
    more = now["joined"] - now["departed"]
    sum_up = "増減なし"
    if more:
        sum_up = f"差し引き{abs(more):,}人{'増' if more > 0 else '減'}"
    return f"加入{now['joined']:,}人、脱退{now['departed']:,}人で、{sum_up}"


def _against(more: int) -> str:
    if not more:
        return "前月と同じ"
    return f"前月より{abs(more):,}人{'多い' if more > 0 else '少ない'}"


def control_title(name: str, months: Sequence[str], signs: Sequence[str]) -> str:
    """管理図の題：この月は、偶然の幅のうちか。そうなら、いちばん新しい、そうでない月も。

    Args:
        months: 月（「2026年10月」）。古い順で、おわりがこの月。
        signs: 月ごとの、偶然では起こりにくいと見るわけの言葉。なければ ''。
    """
    if signs[-1]:
        return f"{name}：{months[-1]}は、偶然では起こりにくい（{signs[-1]}）"
    before = [month for month, sign in zip(months, signs, strict=True) if sign]
    if before:
        return f"{name}：この月は、偶然の幅のうち（しるしは{before[-1]}まで）"
    return f"{name}：{len(months)} か月とも、偶然の幅のうち"


def multiples_title(differences: Sequence[float | None]) -> str:
    """小さな図の題：一年前より上がった、下がった、同じ事業所の数。一年前の値のない事業所は、数えない。"""
    known = [size for size in differences if size is not None]
    if not known:
        return "一年前と比べられる事業所はない"
    up = sum(size > 0 for size in known)
    down = sum(size < 0 for size in known)
    same = f"、同じ{len(known) - up - down}" if len(known) > up + down else ""
    return f"一年前より上がった事業所は{up}、下がった{down}{same}"


def aftermath_title(kind: str, turn: int, ahead: int, share: float) -> str:
    """知らせたあとの題：はじめの行の割合。知らせたためとは言わない。"""
    sign = {"link": "❶", "renew": "❷"}[kind]
    did = {"link": "登録", "renew": "更新"}[kind]
    return f"{sign}は、{turn}回目の{ahead}か月あとに{share:.1f}%が{did}済"


def gap_title(ahead: int, gap: float, low: float, high: float) -> str:
    """二つの半分の差の題：いちばんあとの月の差。幅が 0 をまたげば、差があるとは言わない。"""
    # 幅が 0 をまたぐのに値だけを題にすると、効いたように読まれる
    if low <= 0 <= high:
        return f"{ahead}か月あと、差があるとは言えない"
    return f"{ahead}か月あと、差は{gap:+.1f}ポイント"
