"""公開を測った記録（publishing.json）と、そこから作る README の表と図。"""

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from growth import draw
from record import HERE, README

RECORD = HERE / "publishing.json"
PICTURE = HERE.parent / "docs" / "growth.svg"
BEGIN, END = (
    "<!-- ここから publishing.py --report が作る -->\n",
    "<!-- ここまで publishing.py -->\n",
)
ORDER = ("reports", "month", "society", "growth", "years", "weights")
LEAST = {"plain_wall": 30, "plain_cpu": 15}
MOST = {
    "first_plain": 4,
    "kernels_plain": 15,
    "again_first": 0.1,
    "per_employer": 1.3,
    "long_short_cpu": 1.15,
}
MOST_MAIL_KB = 300
MOST_FLOOR = 3  # この道具は、下限の何倍まで
MOST_WORKER_MB = 250
SAID = {
    "plain_wall": "普通の命令は、この道具の何倍か（秒）",
    "plain_cpu": "普通の命令は、この道具の何倍か（CPU）",
    "floor_wall": "この道具は、下限の何倍か（秒）",
    "floor_cpu": "この道具は、下限の何倍か（CPU）",
    "first_plain": "一か月の公開は、普通の命令の報告いくつ分か",
    "kernels_plain": "普通のカーネルでの公開は、普通の命令の報告いくつ分か",
    "again_first": "変わらない月の公開は、はじめの何倍か",
    "per_employer": "事業所あたりの秒は、少ないときの何倍か",
    "long_short_cpu": "長く続けた組合の公開は、始めたばかりの組合の何倍か（CPU）",
    "long_short_wall": "長く続けた組合の公開は、始めたばかりの組合の何倍か（秒）",
}
LABELS = {
    "ours": "この道具（一つの報告）",
    "plain": "普通の papermill と nbconvert（一つの報告）",
    "floor": "下限：ただの関数の呼び出し（一つの報告）",
    "first": "公開（起こしてから終わるまで）",
    "again": "変わらない月の公開",
    "kernels": "普通のカーネルでの公開（MYNA_ENGINE=kernel）",
    "dashboards_small": "登録状況（事業所が少ないとき）",
    "dashboards": "登録状況（全ての事業所）",
    "ingest": "取込",
    "publish": "公開（全てのページとリスト、点検）",
    "long": "いちばん新しい月の公開（全ての月があるとき）",
    "short": "いちばん新しい月の公開（6 か月のとき）",
    "wide": "月次報告（概数）",
    "mail": "月次報告（概数・メール用、一枚に全て）",
    "exact": "月次報告（実数）",
    "dashboard": "組合の現況",
    "employer": "事業所の登録状況（いちばん大きな事業所）",
    "list": "勧奨リスト（同じ事業所）",
    "notice": "共同利用のお知らせ",
    "portal": "その月の入口",
    "bundle": "図の道具（読み手のフォルダーに一つ）",
}
HEADS = {
    "wall": "秒",
    "cpu": "CPU 秒",
    "total_mb": "全体の記憶 MB",
    "main_mb": "親 MB",
    "worker_mb": "働き手 MB",
    "kb": "KB",
}


def ratios(run: dict) -> dict[str, float]:
    """比の中央値。下限との比は、この道具÷下限。"""
    found = {name: median(values) for name, values in run.get("ratios", {}).items()}
    return {
        name: round(1 / value if name.startswith("floor") else value, 2)
        for name, value in found.items()
    }


def broken_limits(run: dict) -> list[str]:
    """約束に収まらなかったこと。約束の大きさでなければ、何も言わない。"""
    if not _judged(run):
        return []
    found = ratios(run)
    broken = [name for name, least in LEAST.items() if found.get(name, least) < least]
    broken += [name for name, most in MOST.items() if found.get(name, most) > most]
    broken += ["floor_wall"] if found.get("floor_wall", 0) > MOST_FLOOR else []
    heavy = max(
        (
            one.get("worker_mb", 0)
            for name, one in run.get("jobs", {}).items()
            if name.startswith("dashboards")
        ),
        default=0,
    )
    said = [f"{SAID[name]}：{found[name]}" for name in broken]
    said += [f"働き手の記憶が {heavy:.0f} MB でした"] if heavy > MOST_WORKER_MB else []
    mail = run.get("jobs", {}).get("mail", {}).get("kb", 0)
    return said + ([f"メール用が {mail:.0f} KB でした"] if mail > MOST_MAIL_KB else [])


def _judged(run: dict) -> bool:
    sizes = {
        "reports": ("employers", 200),
        "month": ("people", 12_000),
        "society": ("scale", 0.1),
        "years": ("months", 60),
        "weights": ("people", 12_000),
    }
    name, least = sizes.get(run["kind"], ("", 0))
    return bool(name) and run[name] >= least


def read_record(path: Path = RECORD) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def keep(run: dict, path: Path = RECORD) -> None:
    """同じ種類と大きさの記録を置きかえる。"""
    runs = [one for one in read_record(path) if _place(one) != _place(run)] + [run]
    text = json.dumps(sorted(runs, key=_place), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _place(run: dict) -> tuple:
    return ORDER.index(run["kind"]), run.get("people", 0), run.get("employers", 0)


def write_report() -> None:
    runs = read_record()
    README.write_text(
        with_tables(README.read_text(encoding="utf-8"), runs), encoding="utf-8", newline="\n"
    )
    for run in (one for one in runs if one["kind"] == "growth"):
        PICTURE.write_text(draw(run["points"], run["usual"]), encoding="utf-8", newline="\n")


def with_tables(readme: str, runs: Iterable[dict]) -> str:
    head, rest = readme.split(BEGIN)
    tail = rest.split(END)[1]
    return head + BEGIN + "\n" + "\n".join(section(run) for run in runs) + "\n" + END + tail


def section(run: dict) -> str:
    """一つの記録の、見出し・条件・表。"""
    machine = run["machine"]
    lines = [f"### {_title(run)}", "", f"- {run['date']}、`{run['command']}`"]
    lines += [
        f"- {machine['cpu']}（{machine['cores']} コア、記憶 {machine['memory_gb']} GB、{machine['system']}）"
    ]
    lines += ["- " + "、".join(f"{name} {text}" for name, text in run["versions"].items())]
    spans = {
        name: sorted(1 / v if name.startswith("floor") else v for v in run["ratios"][name])
        for name in ratios(run)
    }
    lines += [
        f"- {SAID[name]}：**{value:g}**（{spans[name][0]:.2f}–{spans[name][-1]:.2f}）"
        for name, value in ratios(run).items()
    ]
    if run["kind"] == "society":
        whole = sum(run["jobs"][name]["wall"] for name in ("ingest", "publish"))
        lines += [
            f"- 一か月の全て（取込から、全てのページとリストの公開まで）：**{whole:,.0f} 秒**"
        ]
    return "\n".join(
        [
            *lines,
            "",
            *(_points(run["points"]) if run["kind"] == "growth" else _table(run["jobs"])),
            "",
        ]
    )


def _title(run: dict) -> str:
    titles = {
        "reports": "一つの報告（事業所 {employers:,}、{people:,} 人、{months} か月、{rounds} 回の中央値）",
        "month": "架空の一か月（{people:,} 人、{rounds} 回の中央値）",
        "society": "事業所 {employers:,}、{people:,} 人、{months} か月（1 回だけ）",
        "growth": "大きさとともに（1 回ずつ）",
        "years": "{months} か月目と 6 か月目の公開（事業所 {employers:,}、{people:,} 人、{rounds} 回の中央値）",
        "weights": "ページの重さ（架空の一か月、{people:,} 人）",
    }
    return titles[run["kind"]].format(**run)


def _table(jobs: dict[str, dict]) -> list[str]:
    names = [name for name in HEADS if any(name in one for one in jobs.values())]
    lines = [
        "| | " + " | ".join(HEADS[name] for name in names) + " |",
        "|---|" + "---:|" * len(names),
    ]
    return lines + [
        f"| {LABELS[job]} | " + " | ".join(_figure(one, n) for n in names) + " |"
        for job, one in jobs.items()
    ]


def _points(points: list[dict]) -> list[str]:
    heads = ["事業所", "人", "月", "秒", "CPU 秒", "全体の記憶 MB", "働き手 MB"]
    names = ["employers", "people", "months", "wall", "cpu", "total_mb", "worker_mb"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---:|" * len(heads)]
    return lines + [
        "| " + " | ".join(_figure(one, name) for name in names) + " |" for one in points
    ]


def _figure(one: dict, name: str) -> str:
    if name not in one:
        return ""
    return (
        f"{one[name]:,.0f}"
        if name not in ("wall", "cpu") or one[name] >= 100
        else f"{one[name]:.3g}"
    )
