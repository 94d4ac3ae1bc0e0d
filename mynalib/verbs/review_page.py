"""取込の点検だけを作る。公開が止まった月も、どの行がなぜ読めなかったかを、いつもと同じページで見られるように。"""

from pathlib import Path

from mynalib.capsules.catalogue import REVIEW
from mynalib.capsules.opened import open_month
from mynalib.capsules.publication import Publication
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.history.files import fresh_folder
from mynalib.history.home import Home
from mynalib.history.placing import link_or_copy
from mynalib.jobs import batch, pages, plan
from mynalib.jobs.running import Running


def review_page(home: Home, params: Params, month: Month) -> Path | None:
    """その月の取込の点検を、下書きの部屋に作る。登録簿にない記号の人がいても作る。

    Returns:
        ページの場所。ノートブックが動かなければ None。
    Raises:
        MynaError: 月か、控える人が読めない。
    """
    room = home.drafts / str(month)
    publication = Publication(open_month(home, params, month, known_only=False))
    with batch.private_files(room / "jobs"):
        job = plan.plan_review(publication, room / "jobs")
        record = batch.run_jobs([job], Running(workers=1))[job.name]
    if "error" in record:
        return None
    page = room / REVIEW
    # 下書きの部屋の internal/ に置く。公開の木（release/）には、まざらない
    fresh_folder(page.parent)
    for output in record["outputs"]:
        link_or_copy(job.folder / "out" / output["path"], room / output["path"])
    pages.copy_assets(page.parent, any(output["charts"] for output in record["outputs"]))
    return page
