"""健保の名簿のページ：手紙を出す方と手紙、要確認の方、カードを返納した方。"""

from mynalib.disclosure import released as door
from mynalib.disclosure.released import Released
from mynalib.domain.society import demo_suffix
from mynalib.insight import display, tables
from mynalib.insight.capsule import Capsule


def listed(capsule: Capsule, name: str) -> Released:
    """健保の名簿の一つの表。"""
    return door.society_list(name, capsule.table(name), capsule.terms)


def lists_returned(capsule: Capsule) -> bool:
    """カードを返納した方を載せる方針か。"""
    return "returned" in capsule.facts["tables"]


def summary(capsule: Capsule) -> None:
    """お取り扱いと、それぞれの人数。"""
    said = display.words("society_list")
    people = listed(capsule, "people")
    titles = said["titles"]
    frame = people.frame
    homes = said["household_note"].format(households=f"{tables.households(frame):,}")
    items = [display.tile(titles["people"], "人", f"{len(frame):,}", homes)]
    # 要確認と返納の人には、手紙を出さない。人数だけを見せ、表は別の節に
    for name in ["review", *(["returned"] if lists_returned(capsule) else [])]:
        size = f"{len(listed(capsule, name).frame):,}"
        items.append(display.tile(titles[name], "人", size, said["never_posted"]))
    display.show("tiles", items=items, legend="")
    tables.lines(said["handling"])
    if not capsule.facts["benefit"]:
        tables.paragraph(said["no_benefit"])
    if len(frame):
        tables.table(listed(capsule, "counts"), "letter_counts", titles["counts"])


def people(capsule: Capsule) -> None:
    """手紙を出す方の表と、手紙、鍵、名簿の本。"""
    released = listed(capsule, "people")
    said = display.words("society_list")
    mark = demo_suffix(capsule.facts["demo"])
    sizes = {"people": len(released.frame), "households": tables.households(released.frame)}
    letters = said["letters"].format(**{name: f"{size:,}" for name, size in sizes.items()})
    for name, label in (
        (f"letters{mark}.html", letters),
        (f"letter_keys{mark}.csv", said["keys"]),
        (f"society_list{mark}.xlsx", said["book"]),
    ):
        display.show("link", text="", href=name, label=label)
    tables.finder()
    tables.people(released, said["titles"]["people"])


def kept_apart(capsule: Capsule) -> None:
    """手紙を出さない方：要確認の方（わけと、たった月数）、カードを返納した方。"""
    said = display.words("society_list")
    tables.paragraph(said["review"])
    tables.people(listed(capsule, "review"), said["titles"]["review"])
    if lists_returned(capsule):
        tables.paragraph(said["returned"])
        tables.people(listed(capsule, "returned"), said["titles"]["returned"])
    else:
        tables.paragraph(said["not_listed"])
