"""台帳の印：公開と受領書が指す行が、いまの台帳にあるか。なければ、台帳が古い。"""

import re
from pathlib import Path

from mynalib.history.home import Home
from mynalib.history.ledger import Ledger, LedgerBroken
from mynalib.history.released import read_receipt
from mynalib.history.revisions import revisions
from mynalib.history.soundness import continued_heads

GO_ON = "戻せるものがなければ、myna check --accept-ledger --because 理由 で、原本と公開したものを確かめ、そのことを台帳に残して続けられます。"
_HEAD = re.compile(r'name="ledger-head" content="([0-9a-f]{64})"')
RESTORE = f"バックアップから、いちばん新しい data/ledger.jsonl を戻し、myna check で確かめてください。{GO_ON}"


def every_release(home: Home) -> list[Path]:
    """ディスクにある全ての版（台帳になくても）。"""
    return [release for folders in revisions(home.reports).values() for release in folders]


def written_heads(home: Home) -> dict[str, str]:
    """公開のフォルダーと、手渡しの受領書の名から、それを書いたときの台帳の行（ledger_head）へ。"""
    heads = {
        release.name: read_receipt(release).get("ledger_head") for release in every_release(home)
    }
    for slip in sorted(home.outbox.glob("*.html")):
        # 人が保存し直した受領書でも、印だけは読む
        found = _HEAD.search(slip.read_text(encoding="utf-8", errors="replace"))
        heads[f"outbox/{slip.name}"] = found and found[1]
    # 公開の記録（receipt.json）が読めないことは、公開の点検（soundness）が言う
    return {name: head for name, head in heads.items() if isinstance(head, str)}


def require_heads(home: Home) -> None:
    """どの公開の受領の記録も、どの受領書も、いまの台帳にある行を指すか。違えば、台帳が古い。"""
    lines = Ledger(home.ledger).lines()
    known = {line["hash"] for line in lines} | continued_heads(lines)
    lost = [name for name, head in written_heads(home).items() if head not in known]
    if lost:
        what = f"公開か手渡し（{'、'.join(lost)}）を書いた行がありません。台帳が、古いものに戻っています"
        raise LedgerBroken(where=home.ledger.name, what=what, fix=RESTORE)


def require_head(home: Home, head: str) -> None:
    """紙の受領書にある台帳の印（行のハッシュのはじめ）が、いまの台帳にあるか。置き場所ごと古いものに戻ったときに、気づくため。

    Raises:
        LedgerBroken: ないか、台帳が壊れている。
    """
    lines = Ledger(home.ledger).lines()
    # 紙に書けるように、印はハッシュのはじめだけ
    if not any(line["hash"].startswith(head) for line in lines):
        last = f"いちばん新しい行は {lines[-1]['at'][:10]} のもの" if lines else "一行もありません"
        what = f"印 {head} の行がありません（{last}）。そのあとの取込、公開、手渡し、名簿が失われています"
        fix = (
            "印が受領書のとおりかを確かめ、その日よりあとのバックアップから、置き場所を丸ごと戻してください。"
            "戻せるものがなければ、そのあとのファイルを取り込み直し、名簿を書き直し、渡したリストを myna audit と受領書で突き合わせてください。"
        )
        raise LedgerBroken(where=home.ledger.name, what=what, fix=fix)
