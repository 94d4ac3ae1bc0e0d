"""個人データの点検のページ：個人情報の管理者が、月に一度、見るもの。"""

from mynalib.disclosure import released as door
from mynalib.insight import display, tables
from mynalib.insight.capsule import Capsule


def summary(capsule: Capsule) -> None:
    """いちばんはじめの三つの文：外している人、攻撃、済んでいないこと。"""
    display.show("summary", lines=sentences(capsule))


def sentences(capsule: Capsule) -> list[str]:
    """表の数から作る文。"""
    said = display.words("privacy")
    off, unfinished = (_internal(capsule, name) for name in ("kept_off", "unfinished"))
    attack = _internal(capsule, "attack").set_index("item").found
    people = int(off.people.sum())
    # はじめの月は、0 人から増えたとは言わない
    moved = said["first"] if off.before.isna().any() else _moved(people - int(off.before.sum()))
    return [
        said["kept_off"].format(people=f"{people:,}", moved=moved),
        _attacked(attack[said["margin_item"]], attack[said["open_item"]]),
        said["unfinished"].format(count=len(unfinished)) if len(unfinished) else said["nothing"],
    ]


def _attacked(margin: str, rows: str) -> str:
    """攻撃の結果。margin は残る値の数、rows は絞られるままの行（どちらも、単位のついた文字）。"""
    said = display.words("privacy")
    if rows != said["none_open"]:
        return said["broken"].format(rows=rows)
    # 残る値を数える行がなければ、「少なくとも何通り」とは言わない
    return said["held_alone" if margin == said["no_rows"] else "held"].format(margin=margin)


def page_tables(capsule: Capsule) -> None:
    """外している人と、攻撃の表。"""
    tables.internal(capsule, "kept_off", "リストから外している人（わけごと）")
    tables.internal(capsule, "attack", "公開の前の攻撃")


def _moved(difference: int) -> str:
    said = display.words("privacy")
    if difference == 0:
        return said["same"]
    return said["more" if difference > 0 else "fewer"].format(people=f"{abs(difference):,}")


def _internal(capsule: Capsule, name: str):
    return door.internal(capsule.table(name), capsule.terms).frame
