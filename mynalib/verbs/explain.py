"""一人について、何を持ち、何を決め、どのリストに載せ、だれに渡したか。本人からの尋ねに答えるため、健保の職員だけが使う。

鍵は、命令の引数にも、台帳にも、ファイルにも書かない。台帳には、尋ねたことと、わけだけが残る。
"""

import pandas as pd

from mynalib.capsules.kept_tables import listed_of
from mynalib.domain.certificates import CERTIFICATE_REASONS
from mynalib.domain.classification import ACTIONS, STATUSES, WITHHELD
from mynalib.domain.errors import Refused
from mynalib.domain.months import Month
from mynalib.domain.params import Params
from mynalib.domain.person import PERSON_KEY, PersonKey, with_person_key
from mynalib.domain.succession import same_person, successions
from mynalib.history import clock
from mynalib.history.home import Home
from mynalib.history.ledger import Ledger
from mynalib.history.lens import Lens
from mynalib.history.months import kept_months
from mynalib.history.overlays import Overlays, read_overlays
from mynalib.history.register_cells import KEY
from mynalib.history.register_cells import read_key as read_cells
from mynalib.history.registers import Entry
from mynalib.history.released import all_releases
from mynalib.history.vouching import recover
from mynalib.insight.display import words
from mynalib.reminders.draws import TIMING, WAIT_MONTHS, WORDING, drawn
from mynalib.reminders.halves import FIRST_HALF, SECOND_HALF
from mynalib.reminders.memory import LETTERS, LETTERS_LABEL, SOCIETY, handovers, remembered

_ARMS = {
    (TIMING, FIRST_HALF): "先に知らせる半分",
    (TIMING, SECOND_HALF): f"{WAIT_MONTHS} か月あとから知らせる半分",
    (WORDING, FIRST_HALF): "文 A の半分",
    (WORDING, SECOND_HALF): "文 B の半分",
}


def read_key(text: str) -> PersonKey:
    """打たれた「記号,番号,枝番」を、鍵にする。

    Raises:
        Refused: BAD_KEY_TYPED（三つに分かれていないか、番号か枝番が数字でない）。
    """
    # 日本語のまま打つと、コンマは全角か読点に、数字は全角になる。名簿と同じに読む。読めなければ、「知らない人」とは答えない
    parts = [part.strip() for part in text.replace("，", ",").replace("、", ",").split(",")]
    if len(parts) == len(KEY):
        key, wrong = read_cells(dict(zip(KEY, parts, strict=True)), KEY)
        if not wrong:
            return key
    what = "記号,番号,枝番 の形ではありません"
    fix = "三つを半角のコンマで区切って打ってください（画面には出ません）。"
    raise Refused("BAD_KEY_TYPED", where="尋ねる人", what=what, fix=fix)


def explain(home: Home, params: Params, key: PersonKey, because: str) -> dict:
    """その人の、月ごとの事実と決まったこと、載せたリスト、手渡し、名簿の行。

    Args:
        because: なぜ尋ねるか。台帳に残る（人のことは書かない）。
    Returns:
        outcome（explained か unknown）, months, lists, handovers, draws, registers。どれも、印刷して渡せる言葉。
    """
    with home.locked():
        recover(home, params)
        # 見せる前に書く。途中で落ちても、尋ねたことは残る
        Ledger(home.ledger).append("explained", because=because)
        months = kept_months(home)
        overlays = read_overlays(home, params, months)
        keys = _keys_of(key, params, overlays)
        facts = {
            "months": _months(months, params, overlays.of_lists, keys),
            "lists": _lists(home, keys),
            "handovers": _handovers(home, keys),
            "draws": _draws(home, keys),
            "registers": _registers(overlays, keys),
        }
    return {"outcome": "explained" if any(facts.values()) else "unknown", **facts}


def _keys_of(key: PersonKey, params: Params, overlays: Overlays) -> set[PersonKey]:
    """その人の全ての鍵。記号が引きつがれた人と、名簿に新しい鍵（転籍）の書いてある人は、前の鍵で、前のリストにいる。"""
    keys = {key, *same_person(key, successions(params))}
    found: set[PersonKey] = set()
    # 撤回した行は、たどらない。書き誤った転籍なら、新しい鍵は、ほかの人のもの
    standing = [entry for entry in overlays.written if entry.in_force(clock.today())]
    # 例：101-1 から 102-1、102-1 から 103-1 と、二行に分けて書いてあれば、一回りごとに鍵が一つ増え、増えなくなるまで回る
    while keys != found:
        found = keys
        keys = keys.union(*(entry.keys for entry in standing if keys & {*entry.keys}))
    return keys


def _months(months: list, params: Params, holds: tuple, keys: set[PersonKey]) -> list[str]:
    if not months:
        return []
    with Lens(months, params, holds) as lens:
        lens.put("asked", pd.DataFrame(sorted(keys), columns=PERSON_KEY, dtype="str"))
        rows = lens.query("explained")
    return [
        f"{Month.parse(row.month).label}：元ファイル {row.line} 行目、{row.employer_id}、"
        f"{STATUSES[row.status].label} → {ACTIONS[row.action]}"
        + (f"（{WITHHELD[row.withheld_by]}）" if isinstance(row.withheld_by, str) else "")
        for row in rows.itertuples(index=False)
    ]


def _lists(home: Home, keys: set[PersonKey]) -> list[str]:
    found = []
    # 置きかえた版も。そのリストを、だれかが手もとに持っているかもしれない
    for release in all_releases(home):
        table = with_person_key(listed_of(home, release))
        letter = (table.sender == SOCIETY) & (table.due == "True")
        found += [
            f"{release.name} の {row.employer_id + ' のリスト' if row.on_list else LETTERS_LABEL}"
            f"（{ACTIONS[row.action]}、{row.attempt} 回目）"
            for row in table[_is_one(table, keys) & (table.on_list | letter)].itertuples(
                index=False
            )
        ]
    return found


def _registers(overlays: Overlays, keys: set[PersonKey]) -> list[str]:
    """名簿の行。資格確認書の名簿も。"""
    said = [(entry, _written(entry)) for entry in overlays.entries]
    said += [
        (
            row.entry,
            f"交付 {row.entry.filed_on}、有効期限 {row.valid_until}、回収 {row.entry.withdrawn_on or 'なし'}",
        )
        for row in overlays.book.issued
    ]
    said += [
        (
            row.entry,
            f"申出 {row.entry.filed_on}、{CERTIFICATE_REASONS[row.reason]}、撤回 {row.entry.withdrawn_on or 'なし'}",
        )
        for row in overlays.book.wanted
    ]
    return [
        f"{entry.register} {entry.line} 行目（{what}）"
        for entry, what in said
        if keys & {*entry.keys}
    ]


def _written(entry: Entry) -> str:
    """控える人を決める名簿の、一行。"""
    if entry.verdict:
        return f"判断「{entry.verdict}」、判断日 {entry.filed_on}"
    # 申出日は、空欄でもよい
    return f"申出 {entry.filed_on or '（日付なし）'}、撤回 {entry.withdrawn_on or 'なし'}"


def _handovers(home: Home, keys: set[PersonKey]) -> list[str]:
    found = []
    for each in handovers(home):
        # 取り戻した手渡しも言う。一度は渡ったことを、本人に隠さない
        table = remembered(home, each)
        if _is_one(table, keys).any():
            to = f"{each.whom} {each.department}".strip()
            given = f"のリストを {to} へ" if each.unit != LETTERS else f"の{to}"
            state = "（取り戻した）" if each.recalled else ""
            found.append(f"{each.on}：{each.month.label}{given}{state}")
    return found


def _draws(home: Home, keys: set[PersonKey]) -> list[str]:
    """くじの組。本人にだけ答え、事業所には言わない。"""
    found = drawn(home, Month.of(clock.today()))
    return [
        f"{Month.parse(row.month).label}：{words('kinds')[row.kind]}の{words('trials')[row.trial]}のくじで、"
        f"この世帯は、{_ARMS[row.trial, row.arm]}"
        for row in found[_is_one(found, keys)].itertuples(index=False)
    ]


def _is_one(table: pd.DataFrame, keys: set[PersonKey]) -> pd.Series:
    rows = table[PERSON_KEY].itertuples(index=False, name=None)
    return pd.Series([key in keys for key in rows], table.index, dtype="bool")
