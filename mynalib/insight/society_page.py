"""健保の名簿のページ：健保から自宅に知らせる方と、手紙、差し込み印刷の鍵。"""

from mynalib.disclosure import released as door
from mynalib.domain.society import demo_suffix
from mynalib.insight import display, tables
from mynalib.insight.capsule import Capsule


def people(capsule: Capsule) -> None:
    """健保から知らせる方の表と、隣のファイル。"""
    released = door.society_list(capsule.table("people"), capsule.terms)
    said, mark = display.words("society_list"), demo_suffix(capsule.facts["demo"])
    for name, label in (
        (f"letters{mark}.html", said["letters"].format(people=f"{len(released.frame):,}")),
        (f"letter_keys{mark}.csv", said["keys"]),
        (f"society_list{mark}.xlsx", said["book"]),
    ):
        display.show("link", text="", href=name, label=label)
    tables.paragraph(said["posted"])
    if not capsule.facts["benefit"]:
        tables.paragraph(said["no_benefit"])
    tables.finder()
    tables.people(released, "健保から知らせる方")
