"""資格確認書の係が、今月すること。取込の点検と、月次報告の実数版が言う。"""

from mynalib.capsules.opened import OpenedMonth

TO_DO = ("issue", "renewal", "take_back", "find")
"""係のすることのうち、今月すること。"""


def desk_matters(opened: OpenedMonth) -> dict[str, int]:
    """今月すること（人）。交付簿がないか、もっと新しい月があれば（することは、その月のページにある）、空。"""
    if opened.newer or not opened.params.society.registers.certificates_issued:
        return {}
    done = opened.certificates.task.value_counts()
    return {f"certificates_{task}": int(done.get(task, 0)) for task in TO_DO}
