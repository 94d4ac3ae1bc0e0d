"""params/ の設定を読む。全部のファイルの全部の誤りを、行番号つきで一度に報告する。"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mynalib.domain.calendar import Calendar
from mynalib.domain.claims import Claim, check_claims, claims_of
from mynalib.domain.employers import SOCIETY_STAFF, Employer, Registry
from mynalib.domain.errors import BadParams
from mynalib.domain.fields import Settings
from mynalib.domain.joint_use import JointUse
from mynalib.domain.months import Month
from mynalib.domain.reference import Benchmarks, Benefits, Limit
from mynalib.domain.shipped import phrase, shipped_yaml
from mynalib.domain.society import Society
from mynalib.domain.stray_files import stray_files
from mynalib.domain.strict_yaml import Document, read_yaml, shown

_SINGLE = {
    "society": Society,
    "joint_use": JointUse,
    "benefits": Benefits,
    "benchmarks": Benchmarks,
    "calendar": Calendar,
}
CALENDAR = "calendar.yaml"
FILES: dict[str, type[Settings]] = {**_SINGLE, "employer": Employer}
KINDS = {
    "BAD_EMPLOYER_ID": "事業所の id が、決まりに合わないか、ファイルの名と違います",
    "ID_COLLISION": "事業所の id が、重なっています",
    "BAD_EMPLOYER_NAME": "事業所の名が、決まりに合いません",
    "BAD_REGISTRY": "事業所がないか、記号か番号の書き方が、決まりに合いません",
    "AMBIGUOUS_KIGO": "記号と番号の範囲が、重なっています",
}
"""誤りの全部が同じ種類のときの、エラーの名と、そのわけ（docs/errors.md に出る）。"""


class RejectedParams(BadParams):
    """設定の誤りの全部。`code` は、全部が同じ種類（`KINDS`）ならその名、ほかは BAD_PARAMS。"""

    def __init__(self, documents: Iterable[Document]):
        found = [
            each
            for document in documents
            for each in sorted(document.problems, key=lambda each: each[0])
        ]
        problems = [problem for _, _, problem in found]
        super().__init__(
            where="params の設定", what=f"{len(found)} 件の誤りがあります。", problems=problems
        )
        codes = {code for _, code, _ in found}
        self.code = codes.pop() if len(codes) == 1 else BadParams.code


@dataclass(frozen=True)
class Params:
    """誤りのない設定の全部。`fingerprint` は中身の SHA-256 で、置き場所、注釈、項目の順には依らない。"""

    society: Society
    joint_use: JointUse
    employers: tuple[Employer, ...]
    benefits: Benefits
    benchmarks: Benchmarks
    calendar: Calendar
    fingerprint: str

    def registry(self, month: Month) -> Registry:
        """その月の末日に効いている、記号と番号の登録簿。"""
        entries = [claim.entry for claim in self.claims() if claim.first <= month.end <= claim.last]
        return Registry(
            tuple(sorted(entries, key=lambda entry: (entry.folded, entry.number_from or 0)))
        )

    def claims(self) -> tuple[Claim, ...]:
        """記号の行の全部（事業所のあるもの、ないもの）と、それぞれの期間。"""
        return self._claims

    # frozen でも使える：cached_property は、属性の代入ではなく __dict__ に直に入れる
    @cached_property
    def _claims(self) -> tuple[Claim, ...]:
        """月ごとの登録簿は、どれもここから取る。"""
        return tuple(claims_of(self.employers, self.society))

    def notified(self, when: Month | date) -> tuple[Employer, ...]:
        """その日（月なら末日）に、個人の行を受け取ってよい事業所。健保組合自身は数えない。"""
        day = when.end if isinstance(when, Month) else when
        if not self.notice_in_force(day):
            return ()
        return tuple(
            one for one in self.employers if one.id != SOCIETY_STAFF and one.notified_on(day)
        )

    def notice_in_force(self, day: date) -> bool:
        """その日に、お知らせが効いているか：効力の日から、暦にお知らせの版の行があれば、その期間のうち。"""
        return self.joint_use.notice.in_force(day) and not self.calendar.outside("notice", day)

    def society_row(self, day: date) -> Employer | None:
        """お知らせの表の、健保組合の行。受け取る者がその日にいなければ None。"""
        own = [one for one in self.employers if one.id == SOCIETY_STAFF and one.scope_on(day)]
        return own[0] if own else None

    def benefit_limit(self, bracket: str, first: date, last: date) -> Limit | None:
        """first から last まで、ずっと効いている、確かめた限度額の行。

        表（benefits.yaml）の行と、その表がいつまで本当かを言う暦の行（use: benefit、同じ from）が、どちらもなければ None。
        """
        limit = self.benefits.limit(bracket, first)
        fact = self.calendar.fresh("benefit", first, last)
        # first と last の間に額が変われば、どちらの額も、手紙の言う期間の全体では本当でない
        same = limit is not None and limit == self.benefits.limit(bracket, last)
        return limit if same and fact and fact.since == limit.since else None


def load_params(folder: Path) -> Params:
    """設定のフォルダーを読む。誤りが一つでもあれば、全部の誤りを持つ RejectedParams。"""
    of_employers = Document("employers")
    files = _employer_files(folder / "employers", of_employers)
    names = ["society.yaml", "joint_use.yaml", *files, "benefits.yaml", "benchmarks.yaml"]
    documents = {name: read_yaml(folder / name, shown(name)) for name in names}
    documents[CALENDAR] = _calendar(folder)
    parts = {name: _values(documents[f"{name}.yaml"], model) for name, model in _SINGLE.items()}
    parts["employers"] = _employers([documents[name] for name in files])
    documents["employers"] = of_employers
    strays = [*stray_files(folder, [f"{name}.yaml" for name in _SINGLE])]
    strays += stray_files(folder / "employers", [Path(name).name for name in files], "employers/")
    documents |= {document.name: document for document in strays}
    # 誤りのあるファイルは None か、並びに入らない。残った事業所どうしの重なりも、同じ回に言う
    check_claims(tuple(claims_of(parts["employers"], parts["society"])), documents)
    if any(document.problems for document in documents.values()):
        raise RejectedParams(documents.values())
    # どれも凍った値で、repr は型に書いた項目の順。だから、ファイルの中の順や注釈は効かない（tests/domain/test_params.py）
    return Params(**parts, fingerprint=hashlib.sha256(repr(parts).encode()).hexdigest())


def _employer_files(folder: Path, document: Document) -> list[str]:
    """事業所のファイルの名。一つもないか、フォルダーを開けなければ、その誤りを document にためる。"""
    try:
        # glob は、開けないフォルダーを、空とみなす
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        found = []
    except OSError:
        document.note((), phrase("not_open"), "BAD_REGISTRY")
        return []
    # 「.」ではじまるものは、macOS や編集ソフトの置くもの。.yml も読む：黙って飛ばすと、その事業所のないまま公開される（名の誤りとして断る）
    files = [
        f"employers/{path.name}"
        for path in found
        if path.suffix.lower() in (".yaml", ".yml") and not path.name.startswith(".")
    ]
    if not files:
        document.note((), phrase("no_employers"), "BAD_REGISTRY")
    return files


def _calendar(folder: Path) -> Document:
    """暦のファイル。前に作った置き場所にはないので、なければ空とみなす（日付で終わるものは、どれも載せない）。"""
    path = folder / CALENDAR
    return read_yaml(path, CALENDAR) if path.exists() else Document(CALENDAR, {})


def _values(document: Document, model: type[Settings]) -> Any:
    """一つのファイルを値にする。誤りがあれば、それをためて None。"""
    if document.content is None:
        return None
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            # YAML として言った誤り（全角の引用符など）のせいで型にも合わない。もとの誤りだけを言う
            if not document.told(each["loc"]):
                code = each["type"] if each["type"] in KINDS else BadParams.code
                document.note(each["loc"], _sentence(each), code)
        return None


def _sentence(error: Any) -> str:
    if error["type"] in (*KINDS, BadParams.code):
        return error["msg"]
    template = shipped_yaml("domain", "phrases").get(
        error["type"], f"書き方が正しくありません（{error['type']}）"
    )
    context = {name: str(value) for name, value in error.get("ctx", {}).items()}
    return (
        # pydantic は選択肢を 'a', 'b' or 'c' と並べる。「a、b、c」にする
        template.format_map(context).replace("' or '", "、").replace("', '", "、").replace("'", "")
    )


def _employers(documents: Sequence[Document]) -> tuple[Employer, ...]:
    """事業所のファイルの値を、id の順に。"""
    # Windows と macOS では、e01.yaml と E01.yaml は同じファイルになる
    taken = Counter(_written_id(document).casefold() for document in documents)
    found = [_employer(document, taken) for document in documents]
    return tuple(sorted((one for one in found if one), key=lambda one: one.id))


def _employer(document: Document, taken: Counter[str]) -> Employer | None:
    written = _written_id(document)
    place = ("id",)
    if written and taken[written.casefold()] > 1:
        # 大文字・小文字だけの違いは、id の書き方の誤りではなく、重なりとして一度だけ言う
        document.note(place, phrase("same_id", id=shown(written)), "ID_COLLISION")
    employer = _values(document, Employer)
    if written and not document.told(place) and document.name != f"employers/{written}.yaml":
        document.note(place, phrase("other_name", id=shown(written)), "BAD_EMPLOYER_ID")
    return None if document.told(place) else employer


def _written_id(document: Document) -> str:
    written = document.content.get("id") if isinstance(document.content, dict) else None
    return written if isinstance(written, str) else ""
