"""架空の組合の毎月：届いた月を取り込み、新しい三か月を、組合がするとおりに公開し、一度だけ訂正する。"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from mynalib.demo import DemoSociety, make_society
from mynalib.demo_life import LIFE
from mynalib.domain.months import Month
from mynalib.domain.params import Params, load_params
from mynalib.domain.society import demo_suffix
from mynalib.history import clock
from mynalib.history.demo_marks import mark_demo
from mynalib.history.home import Home
from mynalib.jobs.processes import warm_up
from mynalib.jobs.running import InTurn, Running
from mynalib.release.published import Published
from mynalib.verbs.handover import Request, hand_over_list
from mynalib.verbs.ingest import ingest
from mynalib.verbs.init import found
from mynalib.verbs.publish import publish
from mynalib.verbs.record import confirm_receipt

BECAUSE = "届いたファイルに一部の方の行が入っていなかったので、届き直したファイルで作り直しました。"


@dataclass(frozen=True)
class Arrival:
    """届いたファイル。day に、month の断面が届いた。because は、届き直したわけ（はじめて届いたのなら ""）。"""

    day: date
    month: Month
    content: bytes
    because: str = ""

    @property
    def name(self) -> str:
        again = "_届き直し" if self.because else ""
        return f"{self.month}{again}{demo_suffix(True)}.csv"


def run_demo(
    folder: Path, workers: int | None, watch: Callable[[str], Running], published: int = 3
) -> Published:
    """架空の置き場所を作り、24 か月を取り込み、新しい月を、組合がするとおりに古い月から公開する。

    どの月も、ファイルの届いた日（いちばん新しい月は今日）に取り込み、公開したことにする。いちばん新しい月の前の月は、届き直したファイルで、一度訂正する。

    Args:
        watch: 名（取込、公開）から、進み具合を見せる動かし方へ。
        published: 公開する月の数。1 なら、訂正もしない。
    Returns:
        いちばん新しい月の公開。
    Raises:
        NotEmpty: 前の demo が作ったもののほかに、何かがある。ほかは ingest と publish に同じ。
    """
    home = found(folder, demo=True)
    try:
        return _filled(home, workers, watch, published)
    finally:
        mark_demo(home)  # 途中で止めても、次の demo が作り直せるように


def _filled(
    home: Home, workers: int | None, watch: Callable[[str], Running], published: int
) -> Published:
    today = clock.today()
    society = make_society(Month.of(today).plus(-1))  # 終わった月のうち、いちばん新しい月
    _decide_policy(home, society)
    params = load_params(home.params)
    arrivals = [*_arrivals(society, today, published)]
    first = max(society.files).plus(1 - published)
    warm_up()  # 取り込む間に、公開の仕事の読みこみが進む
    loading = watch("取込")
    loading.on_plan(len(arrivals))
    # 訂正する月は、二度届き、二度公開する。進み具合の帯は、合わせて一本
    times = sum(arrival.month >= first for arrival in arrivals)
    running = InTurn(replace(watch("公開"), workers=workers), times).running
    done = None
    for arrival in arrivals:
        with clock.on(arrival.day):
            _take_in(home, params, society, arrival)
            loading.on_done(arrival.month)
            if arrival.month >= first:
                done = publish(
                    home, params, arrival.month, because=arrival.because, running=running
                )
            if arrival.month == first and published > 1:
                _hand_over(home, params)
    return done


def _hand_over(home: Home, params: Params) -> None:
    """公開した月のリストを、いくつかの事業所に手渡し、受領書を受け取る。二か月あとの月には「2 回目」で載る。

    合言葉の置き場は残さない。架空の組合で手渡しを試す人が、自分の親の合言葉を決められるように。
    """
    master = secrets.token_urlsafe()
    for code in LIFE.handed_over:
        [employer] = [one for one in params.employers if one.id == code]
        to = employer.scope_on(clock.today())[0]
        request = Request(code, to, "社内便", name=employer.name)
        done = hand_over_list(home, params, request, lambda _: master)
        if code != LIFE.handed_over[-1]:
            confirm_receipt(home, params, done["handover"])
    home.passphrases.unlink()


def _arrivals(society: DemoSociety, today: date, published: int) -> Iterator[Arrival]:
    """届いた順に。訂正する月は、はじめ、欠けたファイルが届く。"""
    newest = max(society.files)
    for month, content in society.files.items():
        after = month.plus(1)
        day = today if month == newest else date(after.year, after.number, LIFE.arrives_on)
        if month == newest.plus(-1) and published > 1:
            yield Arrival(day, month, _incomplete(content))
            yield Arrival(day.replace(day=LIFE.arrives_again_on), month, content, BECAUSE)
        else:
            yield Arrival(day, month, content)


def _incomplete(content: bytes) -> bytes:
    """一つの事業所の、家族の行の一部が欠けたファイル。"""
    lines = content.split(b"\r\n")
    symbol = LIFE.incomplete_symbol.encode()
    every = LIFE.incomplete_every
    family = [at for at, line in enumerate(lines) if _is_family(line, symbol)]
    missing = {*family[::every]}
    return b"\r\n".join(line for at, line in enumerate(lines) if at not in missing)


def _is_family(line: bytes, symbol: bytes) -> bool:
    fields = line.split(b",")
    return fields[0] == symbol and fields[2] not in (b"", b"00")


def _take_in(home: Home, params: Params, society: DemoSociety, arrival: Arrival) -> None:
    """その日までの申出を名簿に書き、届いたファイルを、表の口から取り込む。"""
    file = home.inbox / arrival.name
    with home.private():
        # 届いた日までに書かれた行だけ。あとの申出を、前の公開が知っていることのないように
        for name, content in society.registers_on(arrival.day).items():
            (home.registers / name).write_bytes(content)
        file.write_bytes(arrival.content)
    ingest(home, params, file, arrival.month, replace=bool(arrival.because))


def _decide_policy(home: Home, society: DemoSociety) -> None:
    """架空の組合では、いなくなった人はみな資格を失った人だと、毎月、担当者が確かめている。勧奨の間は、二か月。"""
    settings = home.params / "society.yaml"
    months = ", ".join(str(month) for month in society.files)
    text = settings.read_text(encoding="utf-8")
    text = text.replace("leavers_confirmed: []", f"leavers_confirmed: [{months}]")
    # おわりの空白まで合わせる。同じ字ではじまる、ほかの値（30 など）を書きかえない
    text = text.replace("min_gap_months: 3 ", "min_gap_months: 2 ")
    settings.write_text(text, encoding="utf-8")
