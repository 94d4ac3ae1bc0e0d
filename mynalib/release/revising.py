"""作り直すか：公開した月を、そのままにするか、なぜ新しい版を作るかを、何も動かす前に決める。"""

from dataclasses import dataclass, replace
from pathlib import Path

from mynalib.domain.errors import Refused
from mynalib.domain.revision import (
    AFTER_WITHDRAWAL,
    CORRECTED,
    LISTS_ADDED,
    NOT_HANDED_OVER,
    RESTORED,
    Revision,
)
from mynalib.history import clock
from mynalib.history.certificates import read_certificates
from mynalib.history.ledger import Ledger
from mynalib.history.months import newer_month
from mynalib.history.protection import lost_protection
from mynalib.history.registers import read_registers
from mynalib.history.released import read_manifest, read_receipt, releases
from mynalib.history.revisions import next_revision
from mynalib.history.soundness import damage
from mynalib.release.comparable import would_tell
from mynalib.release.order import Order
from mynalib.release.unchanged import changed_facts, protecting


@dataclass(frozen=True)
class Decision:
    """former は、いまある公開（なければ None）。

    revision は、ページに書く、この版のこと（第一版なら None）。stands は、いまある公開をそのままにするか。
    waits は、公開したときから、控える人が変わったか（次の月のリストから効く）。lost は、名簿が減ったか、読まれない名簿があるか。
    lists_stand は、新しい版に、リストを入れないか（前の版のリストと比べれば、申し出た人が分かってしまうとき）。
    """

    former: Path | None = None
    revision: Revision | None = None
    stands: bool = False
    waits: bool = False
    lost: bool = False
    lists_stand: bool = False

    @property
    def asks_for_lists(self) -> bool:
        """勧奨リストを作れるかを、先に確かめるか。作れなければ、いまある公開のほかに、作るものはない。"""
        if self.stands:
            return self.waits or self.lost
        return self.revision is not None and self.revision.kind in (LISTS_ADDED, NOT_HANDED_OVER)


def decide(order: Order) -> Decision:
    """その月を、そのままにするか、なぜ作り直すか。

    Raises:
        Refused: 訂正のわけがない。リストを作り直せる公開がないか、もっと新しい月がある。見た下書きのあとに、公開している。
    """
    former = releases(order.home).get(order.month)
    if order.not_handed_over:
        _require_remaking(order, former)
    now = protecting(order.home, order.params)
    # 古い月は、はじめからリストを作らない。まだだれも受け取っていないと記録したなら、比べる前のリストはない
    lists_stand = _is_newest(order) and not _remakes(order) and would_tell(order, now.entered)
    if former is None:
        return Decision(revision=_after_withdrawal(order), lists_stand=lists_stand)
    manifest = read_manifest(former)
    # 一つだけの下書きは、除く事業所を言わない。公開したときのまま、とみる
    without = manifest["without"] if order.only else order.without
    changed = changed_facts(order.home, order.params, order.month, without, manifest)
    waits = _is_newest(order) and read_receipt(former).get("protection") != now.everything
    # 変わったものがあれば、壊れていても訂正。読む人には、変わったことのほうを知らせる
    kind = CORRECTED if changed else _kind(order, former, waits, lists_stand)
    if kind is None:
        return Decision(
            former,
            Revision.of(manifest.get("revision")),
            stands=True,
            waits=waits,
            lost=_lost(order),
        )
    if kind == CORRECTED:
        _require_reason(order, f"公開したときから、{'、'.join(changed)}が変わっています。")
    revision = _new(order, kind, _next_version(order), former.name, changed)
    return Decision(former, revision, lists_stand=lists_stand)


def _after_withdrawal(order: Order) -> Revision | None:
    """はじめて公開する月なら None。取り下げた月なら、新しい版。前の版を手もとに持つ人がいるので、わけが要る。"""
    version = _next_version(order)
    if version == 1:
        return None
    _require_reason(order, "前の版を取り下げています。")
    return _new(order, AFTER_WITHDRAWAL, version)


def _kind(order: Order, former: Path, waits: bool, lists_stand: bool) -> str | None:
    """読む人に見えるものが変わっていない月を、作り直すわけ。なければ None。"""
    # 壊れていれば、ほかのわけがあっても、そう言う。全てを作り直すので、リストもそろう
    if damage(order.home, former):
        return RESTORED
    # リストのない公開：作れないわけ（名簿の答えのない行など）があった月。いまは作れるかもしれない
    if _is_newest(order) and not read_manifest(former)["lists"] and not lists_stand:
        return LISTS_ADDED
    return NOT_HANDED_OVER if waits and _remakes(order) else None


def _is_newest(order: Order) -> bool:
    return newer_month(order.home, order.month) is None


def _lost(order: Order) -> bool:
    """名簿が減ったか、読まれない名簿があるか。古い月は、リストを作らないので、見ない。"""
    entries = read_registers(order.home, order.params)
    book = read_certificates(order.home, order.params)
    written = [*entries, *book.entries]
    return _is_newest(order) and bool(lost_protection(order.home, order.params, written))


def _remakes(order: Order) -> bool:
    """リストを作り直す頼みか。下書きを公開するときは、その下書きが、そうか。"""
    looked_at = _looked_at(order)
    # 見たあとにほかの版を公開していれば、下書きの記録は、もうこの版のことではない
    approved = looked_at is not None and looked_at.version == _next_version(order)
    return order.not_handed_over or (approved and looked_at.not_handed_over)


def _new(
    order: Order, kind: str, version: int, replaces: str = "", changed: tuple[str, ...] = ()
) -> Revision:
    """新しい版のこと。下書きを公開するときは、見た下書きに書いてあるとおり（作った日も）。"""
    if not order.approval:
        # 人の書いたわけは、訂正と、取り下げたあとにだけ載せる。ほかのわけに書かれても、申出のことかもしれないので載せない
        because = " ".join(order.because.split()) if kind in (CORRECTED, AFTER_WITHDRAWAL) else ""
        made = str(clock.today())
        revision = Revision(version, made, replaces, kind, because, changed)
        return replace(revision, not_handed_over=order.not_handed_over)
    looked_at = _looked_at(order)
    if looked_at is None or looked_at.version != version:
        what = "下書きを作ったあとに、この月を公開しています"
        fix = f"myna publish --month {order.month} --draft --because 理由 で下書きを作り直して、もう一度見てください。"
        raise Refused("DRAFT_CHANGED", where=order.month.label, what=what, fix=fix)
    return looked_at


def _looked_at(order: Order) -> Revision | None:
    return Revision.of(order.approval.draft.get("revision")) if order.approval else None


def _next_version(order: Order) -> int:
    return next_revision(
        order.home.reports, order.month, Ledger(order.home.ledger).ever("released")
    )


def _require_reason(order: Order, what: str) -> None:
    """新しい版には、わけが要る。一つの事業所だけの下書きは、公開しないので、なくてよい。見た下書きには、もう書いてある。

    Args:
        what: なぜ新しい版なのか。
    """
    if order.because.strip() or order.only or order.approval:
        return
    what += "新しい版には、わけが要ります（読む人に見えます）"
    without = "".join(f" --without {employer}" for employer in sorted(order.without))
    draft = " --draft" if order.draft else ""
    fix = f"myna publish --month {order.month}{without}{draft} --because 理由 としてください（人のことは書きません）。"
    raise Refused("REASON_REQUIRED", where=order.month.label, what=what, fix=fix)


def _require_remaking(order: Order, former: Path | None) -> None:
    """リストを作り直せる月か。"""
    if newer := newer_month(order.home, order.month):
        what = f"{newer.label}を取り込んであるので、古い月の勧奨リストは作れません"
        fix = f"勧奨リストは {newer.label}のものを使ってください（myna publish --month {newer}）。"
        raise Refused("STALE_MONTH", where=order.month.label, what=what, fix=fix)
    from mynalib.reminders.memory import ever_given  # pandas の読みこみは、要るときだけ

    given = ever_given(order.home, order.month)
    if given:
        units = "、".join(dict.fromkeys(each.whom for each in given))
        what = f"この月のリストは、もう手渡しています（{units}）。作り直すと、前のものとの違いから、だれのことかが分かってしまいます"
        fix = f"使わせないときは、myna withdraw --lists --month {order.month} --because 理由 で、全ての事業所のリストを取り下げます。"
        raise Refused("HANDED_OVER", where=order.month.label, what=what, fix=fix)
    if former is None and _next_version(order) == 1:
        what = "--not-handed-over で作り直せる公開がありません"
        fix = f"myna publish --month {order.month} で公開してください。"
        raise Refused("UNKNOWN_RELEASE", where=order.month.label, what=what, fix=fix)
