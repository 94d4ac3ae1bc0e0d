"""架空の組合の、資格確認書の名簿：要るようになった次の月に交付し、登録したか去った人から、たいてい返してもらう。"""

import pandas as pd

from mynalib.demo_life import LIFE
from mynalib.domain.certificates import WRITTEN_REASONS
from mynalib.domain.months import Month
from mynalib.history.certificates import ISSUED_COLUMNS, TAKEN_BACK_ON, WANTED_COLUMNS
from mynalib.history.register_cells import KEY

_WRITTEN_KEY = ["symbol", "number", "branch"]


def certificate_registers(truth: pd.DataFrame) -> dict[str, bytes]:
    """ファイル名 → CSV（cp932、CRLF）。いちばん新しい月に要るようになった人には、まだ交付していない。

    Args:
        truth: DemoSociety の truth（人×月に一行。month、symbol、number、branch、employer_id、status）。
    """
    return {
        "certificates_issued.csv": _csv(_issued(truth), (*ISSUED_COLUMNS, TAKEN_BACK_ON)),
        "certificates_wanted.csv": _csv(_wanted(truth), WANTED_COLUMNS),
    }


def _csv(rows: pd.DataFrame, columns: tuple[str, ...]) -> bytes:
    table = rows.rename(columns=dict(zip(_WRITTEN_KEY, KEY, strict=True)))[[*columns]]
    return table.to_csv(index=False, lineterminator="\r\n").encode("cp932")


def _issued(truth: pd.DataFrame) -> pd.DataFrame:
    """交付した一枚に一行。要る月の続きに、一枚。"""
    serial = pd.to_numeric(truth.month.str[:4]) * 12 + pd.to_numeric(truth.month.str[5:])
    rows = truth.assign(serial=serial, who=truth.groupby(_WRITTEN_KEY).ngroup())
    needs = rows[~rows.status.isin(LIFE.cards_usable)].sort_values(["who", "serial"])
    # 例：一人の要る月が 100、101、103 なら、続きは 否、続、否。否を数えあげると 1、1、2 で、二枚（100〜101 と 103）
    goes_on = (needs.who == needs.who.shift()) & (needs.serial == needs.serial.shift() + 1)
    spells = needs.groupby([*_WRITTEN_KEY, (~goes_on).cumsum()]).serial.agg(["min", "max"])
    newest = serial.max()
    # この月に要るようになった人には、まだ交付していない。係の今月の仕事になる
    spells = spells[spells["min"] < newest].reset_index()
    first = spells["min"] == serial.min()
    lasts = first.map({True: LIFE.first_certificate_months, False: LIFE.certificate_months})
    # いまも要る人と、先月まで要った人（回収はこれから）は、持ったまま。ほかの何枚かに一枚は、返ってこない
    kept = (spells.index % LIFE.certificates_kept_every == 0) | (spells["max"] >= newest - 1)
    taken_back = _days(spells["max"] + 2, LIFE.issues_on).where(~kept, "")
    return spells.assign(
        交付日=_days(spells["min"] + 1, LIFE.issues_on),
        # serial は 年 × 12 + 月。2026-12 は 24324 で、月を 0 からにするため、一を引いて割る（_month）
        有効期限=[_month(serial).end.strftime("%Y%m%d") for serial in spells["min"] + 1 + lasts],
        回収日=taken_back,
    )


def _days(serials: pd.Series, day: int) -> pd.Series:
    return serials.map(lambda serial: f"{str(_month(serial)).replace('-', '')}{day:02}")


def _month(serial: int) -> Month:
    return Month((serial - 1) // 12, (serial - 1) % 12 + 1)


def _wanted(truth: pd.DataFrame) -> pd.DataFrame:
    """ファイルからは分からない人：カードのない人と、申請で交付する人は、いまいる人から。個人番号のない人は、ファイルにいない。"""
    newest = truth[truth.month == truth.month.max()]
    filed = truth.month.min().replace("-", "") + "15"
    groups = {
        "カードなし": newest[newest.status == "never_linked_card_unclear"][_WRITTEN_KEY].head(3),
        "申請": newest[newest.status == "registered_usable"][_WRITTEN_KEY].tail(2),
        "番号未提出": pd.DataFrame(LIFE.without_number, columns=_WRITTEN_KEY),
    }
    rows = [groups[reason].assign(理由=reason) for reason in WRITTEN_REASONS]
    return pd.concat(rows).assign(申出日=filed)
