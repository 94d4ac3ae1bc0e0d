"""資格確認書の係のページ：今月すること、わけごとの人数と件数表、更新の時期、名簿。"""

from mynalib.disclosure import released as door
from mynalib.disclosure.released import Released
from mynalib.domain.certificates import DESK_TASKS, RENEW_WITHIN
from mynalib.domain.society import demo_suffix
from mynalib.insight import display, tables
from mynalib.insight.capsule import Capsule

LISTED_TASKS = {
    "issue": ["certificate_reason", "delivery"],
    "renewal": ["certificate_reason", "valid_until", "delivery"],
    "take_back": ["valid_until", "delivery"],
    "find": ["valid_until", "delivery"],
}
"""名簿にする、係のすることと、鍵のほかに載せる列。"""
LIST_KEY = ["employer", "symbol", "number", "branch", "member_kind"]
MOST_ON_PAGE = 1000  # これより多い名簿は、XLSX だけに


def desk_table(capsule: Capsule, name: str) -> Released:
    """資格確認書の係の一つの表。"""
    return door.desk(name, capsule.table(name), capsule.terms)


def desk_list(capsule: Capsule, task: str) -> Released:
    """一つのことをする人の名簿。"""
    return desk_table(capsule, "people").where(task=task).only([*LIST_KEY, *LISTED_TASKS[task]])


def tasks(capsule: Capsule) -> None:
    """今月すること：まとめ、五つの数、ファイル、事業所ごとの人数。"""
    said = display.words("desk")
    sizes = _sizes(capsule)
    texts = {name: f"{size:,}" for name, size in sizes.items()} | {"within": RENEW_WITHIN}
    display.show("summary", lines=[line.format(**texts) for line in said["summary"]])
    notes = {name: note.format(**texts) for name, note in said["tile_notes"].items()}
    items = [
        display.tile(label, "人", texts[name], notes.get(name, ""))
        for name, label in said["tiles"].items()
    ]
    display.show("tiles", items=items)
    if not sizes["holding"]:
        tables.paragraph(said["nobody_holds"])
    tables.paragraph(said["objectors"])
    mark = demo_suffix(capsule.facts["demo"])
    for name, label in ((f"desk{mark}.xlsx", "book"), (f"desk_rows{mark}.csv", "rows")):
        display.show("link", text="", href=name, label=said["files"][label])
    tables.table(desk_table(capsule, "tasks"), "desk_tasks", said["captions"]["tasks"])


def _sizes(capsule: Capsule) -> dict[str, int]:
    """要る人、交付済みの人と、することごとの人数。"""
    done = desk_table(capsule, "people").frame.task.value_counts()
    # することのない月にも 0 人と書く
    sizes = {task: int(done.get(task, 0)) for task in DESK_TASKS}
    holding = sizes["renewal"] + sizes["keep"]
    needed = holding + sizes["issue"]
    in_file = capsule.facts["needed_in_file"]
    return sizes | {
        "holding": holding,
        "needed": needed,
        "in_file": in_file,
        # ファイルだけでは要ると分からない人：名簿（返納、交付簿）から分かる人
        "in_book": needed - in_file,
    }


def counts(capsule: Capsule) -> None:
    """要るわけごとの人数と、件数表。"""
    captions = display.words("desk")["captions"]
    for name in ("reasons", "sheet"):
        tables.table(desk_table(capsule, name), f"desk_{name}", captions[name])


def renewals(capsule: Capsule) -> None:
    """更新の時期。"""
    said = display.words("desk")
    released = desk_table(capsule, "expiry")
    frame = released.frame
    # もう過ぎたもの（ahead が負）も入る
    people = int(frame.people[frame.ahead <= RENEW_WITHIN].sum())
    until = f"{capsule.month.plus(RENEW_WITHIN).label}末"
    text = said["due"]["some" if people else "none"]
    tables.paragraph(text.format(until=until, people=f"{people:,}"))
    if len(frame):
        tables.table(released, "desk_expiry", said["captions"]["expiry"])


def lists(capsule: Capsule) -> None:
    """することごとの名簿。"""
    said = display.words("desk")
    tables.finder()
    for task in LISTED_TASKS:
        released = desk_list(capsule, task)
        title = DESK_TASKS[task]
        people = len(released.frame)
        tables.paragraph(said["told"][task])
        # 何千行もあるページは、開くのに時間がかかる
        if people <= MOST_ON_PAGE:
            tables.people(released, title)
        else:
            values = {"title": title, "people": f"{people:,}", "most": f"{MOST_ON_PAGE:,}"}
            tables.paragraph(said["too_many"].format(**values))
