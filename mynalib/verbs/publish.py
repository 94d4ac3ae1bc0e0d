"""公開の入口：関門を通し、変わっていなければそのままにし、そうでなければ作る。どこで止まっても、公開したものは前のまま。

変わらない月は一瞬で終わるように、作る道具（release.draft）は、要るときに読みこむ。
"""

import unicodedata
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mynalib.capsules.catalogue import REVIEW
from mynalib.domain.errors import MynaError, Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.strict_yaml import is_visible
from mynalib.history.home import Home
from mynalib.history.ledger import operator
from mynalib.history.months import KeptMonth, kept_month, kept_months, newer_month, verify_month
from mynalib.history.released import read_manifest
from mynalib.history.stops import list_stops, stops
from mynalib.history.vouching import recover
from mynalib.jobs import processes
from mynalib.jobs.running import AS_USUAL, Running
from mynalib.release.order import Approval, Order
from mynalib.release.published import Published, done, existing
from mynalib.release.releases import settle_releases
from mynalib.release.revising import decide

NOT_OF_THE_MONTH = ("UNKNOWN_EMPLOYER", "BAD_PARAMETER", "DISK_FULL", "NOT_WRITABLE", "NO_CLUSTER")
"""頼み方か、置き場所の失敗。月を見ても、わけは分からない。"""


def publish(  # noqa: PLR0913 名で渡す、頼みの全て
    home: Home,
    params: Params,
    month: Month,
    *,
    without: Collection[str] = (),
    only: str | None = None,
    draft: bool = False,
    approval: Approval | None = None,
    because: str = "",
    not_handed_over: bool = False,
    running: Running = AS_USUAL,
) -> Published:
    """その月を公開する。もっと新しい月が取り込んであれば、勧奨リストのほかを（古くなった月でも）公開する。

    Args:
        without: この月は公開しない事業所（理由とともに台帳に残すのは人の仕事）。
        only: 一つの事業所だけの下書き。
        draft: 公開せず、下書きで止める。
        approval: もう一人の確認（release が渡す）。
        because: 公開した月を訂正するわけ。読む人に見える。
        not_handed_over: 健保の外のだれも、まだリストを受け取っていないので、全てのリストを作り直すか（台帳に残る）。
        running: 仕事の動かし方。
    Raises:
        Refused: 古い、隔離が多い、照合が合わない、もう一人の確認がない、見た下書きと違う、訂正のわけがない。名簿に答えのない行があるときは、勧奨リストのほかを公開してから。
        NotebookFailed: 動かなかった仕事がある。ほかの仕事の結果は下書きに残り、次はそこから始まる。
        NoCluster: scheduler の集まりで動かせない。
        GateFailed: 点検で見つかった。
    """
    order = Order(home, params, month, without, only, draft, approval, because, not_handed_over)
    with home.locked():
        # 前の処理の続きを、先に終える：月と台帳（recover）、置いただけの公開（settle_releases）
        recover(home, params)
        settle_releases(home, params)
        return _with_lists_so_far(order, _published_or_reviewed(order, running))


def _with_lists_so_far(order: Order, published: Published) -> Published:
    """勧奨リストを、どの月から使うか。控える人が変わっていれば、この月のリストで、何ができるか。"""
    told = replace(published, lists_from=newer_month(order.home, order.month))
    if not published.waits:
        return told
    from mynalib.verbs.giving import lists_so_far  # pandas の読みこみは、要るときだけ

    return replace(told, **lists_so_far(order.home, order.month))


def _published_or_reviewed(order: Order, running: Running) -> Published:
    """公開する。止まれば、なぜかを見られるページ（取込の点検）を添える。"""
    kept = kept_month(order.home, order.month)
    # 壊れた月からは、点検のページも作らない
    verify_month(kept)
    try:
        return _published(order, kept, running)
    except MynaError as stop:
        stop.see = stop.see or _review_of(stop, order)
        raise


def _published(order: Order, kept: KeptMonth, running: Running) -> Published:
    """止めるものがなければ、変わっていなければそのまま、そうでなければ作る。"""
    for stop in _stops(order, kept):
        raise stop
    # 軽いものから：月の記録だけで分かる関門、変わったか、リストを作れるか。変わらない月は、pandas も読みこまずに終わる
    # （tests/verbs/test_publish.py）
    decision = decide(order)
    if order.final and decision.asks_for_lists:
        _require_lists(order, kept, decision.former)
    if order.final and decision.stands:
        return replace(done("unchanged", decision.former, order.room), waits=decision.waits)
    _make_ready(running.scheduler)
    from mynalib.release.draft import make

    return replace(make(order, decision, running), waits=decision.lists_stand)


def _require_lists(order: Order, kept: KeptMonth, former: Path) -> None:
    """勧奨リストを作れないわけがあれば、新しい版を作らずに、知らせる（前に作ったリストも、渡してはならない）。"""
    from mynalib.history.overlays import read_overlays

    months = [each for each in kept_months(order.home) if each.month <= order.month]
    # former を添えるので、「ほかは出来ている」と、いまある公開の場所が言える
    for stop in list_stops(read_overlays(order.home, order.params, months), kept, former):
        stop.see = existing(former / REVIEW)
        raise stop


def _review_of(stop: MynaError, order: Order) -> Path | None:
    """止まった月の、取込の点検のページ。作れなければ None（止まったわけのほうが大事なので、そのことは言わない）。"""
    if stop.code in NOT_OF_THE_MONTH:
        return None
    from mynalib.verbs.review_page import review_page

    with suppress(MynaError, OSError):
        return review_page(order.home, order.params, order.month)
    return None


def _make_ready(scheduler: str | None) -> None:
    """動かすところを、仕事を作る前に確かめる（番地の誤りは、すぐに分かる）。"""
    if not scheduler:
        processes.warm_up()
        return
    from mynalib.jobs.cluster import require_cluster

    require_cluster(scheduler)


def release(
    home: Home, params: Params, month: Month, approved_by: str, running: Running = AS_USUAL
) -> Published:
    """見た下書きを、公開にする。

    Args:
        approved_by: 下書きを見て、公開してよいと決めた人（台帳に残る記録で、本人の確かめではない）。
        running: 仕事の動かし方。
    Raises:
        Refused: 見た人の名がない、もう一人の名でない、下書きがない、見たあとに元が変わった。ほかは publish と同じ。
    """
    _require_approver(params, month, approved_by)
    draft = home.drafts / str(month) / "release"
    if not (draft / "manifest.json").is_file():
        raise Refused(
            "NO_DRAFT",
            where=month.label,
            what="下書きがありません",
            fix=f"myna publish --month {month} --draft で作って、見てください。",
        )
    # 見た下書きが、どの事業所を除いたかも、下書きから。人が打ち直して、違うものにしない
    looked_at = read_manifest(draft)
    approval = Approval(approved_by.strip(), looked_at)
    return publish(
        home, params, month, without=looked_at["without"], approval=approval, running=running
    )


def _require_approver(params: Params, month: Month, name: str) -> None:
    """見た人の名があるか。もう一人の確認が要るなら、公開の命令を打つ人とは違う名か。"""
    seen = _seen(name)
    if not any(letter.isalnum() for letter in seen):
        what = "見た人の名がありません（空白か、見えない字だけです）"
        fix = "--approved-by に、下書きを見て、公開してよいと決めた人の名を書いてください。"
        raise Refused("APPROVAL_REQUIRED", where="--approved-by", what=what, fix=fix)
    # 書き方を変えただけの自分の名を、もう一人とはみなさない：「Ｙamada」「ya mada」「YAMADA」は、どれも yamada
    if params.society.policy.publish.two_people and seen == _seen(operator()):
        what = "この命令を打つ人の利用者名です。公開には、もう一人の確認が要ります"
        fix = f"ほかの人が下書きを見て、その人の名で myna release --month {month} --approved-by 名 としてください。"
        raise Refused("APPROVAL_REQUIRED", where="--approved-by", what=what, fix=fix)


def _seen(name: str) -> str:
    """人の目に同じに見える名を、同じ文字にする。空白と、幅のない字は残らない。"""
    folded = unicodedata.normalize("NFKC", name).casefold()
    visible = (
        letter
        for letter in folded
        if unicodedata.category(letter)[0] in "LNPS" and is_visible(letter)
    )
    # 見えない字を除くと、離れていた字が、一つの字になることがある（ᄒ、幅のない空白、ᅡ → 하）
    return unicodedata.normalize("NFKC", "".join(visible))


def _stops(order: Order, kept: KeptMonth) -> Iterator[Refused]:
    """公開してはならない理由：月のこと（history/stops.py）と、頼みのこと。"""
    yield from stops(order.home, order.params, kept, order.without)
    if order.params.society.policy.publish.two_people and order.final and not order.approval:
        yield Refused(
            "APPROVAL_REQUIRED",
            where=order.month.label,
            what="公開には、もう一人の確認が要ります",
            fix=(
                f"myna publish --month {order.month} --draft で作り、"
                f"見た人の名で myna release --month {order.month} --approved-by 名 としてください。"
            ),
        )
