"""params/ の設定を読む。全部のファイルの全部の誤りを、行番号つきで一度に報告する。"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mynalib.domain.employers import SOCIETY_STAFF, Employer, Registry, SymbolEntry
from mynalib.domain.errors import BadParams, Problem
from mynalib.domain.joint_use import JointUse
from mynalib.domain.months import Month
from mynalib.domain.reference import Benchmarks, Benefits
from mynalib.domain.schemas import Settings, schema_of
from mynalib.domain.society import Society
from mynalib.domain.strict_yaml import Document, Place, read_yaml, shown

FILES: dict[str, type[Settings]] = {
    "society": Society,
    "joint_use": JointUse,
    "employer": Employer,
    "benefits": Benefits,
    "benchmarks": Benchmarks,
}
KINDS = ("BAD_EMPLOYER_ID", "ID_COLLISION", "BAD_EMPLOYER_NAME", "BAD_REGISTRY", "AMBIGUOUS_KIGO")
PHRASES = {  # pydantic の誤りの種類から、人に見せる文へ
    "missing": "必要な項目がありません。書いてください",
    "extra_forbidden": "知らない項目です。綴りを見直すか、消してください",
    "literal_error": "{expected} のなかから選んで書いてください",
    "string_type": "文字で書いてください",
    "string_too_long": "{max_length} 字までにしてください",
    "model_type": "「項目: 値」の組で書いてください",
    "tuple_type": "一覧（「- 」ではじまる行か、[ ] のなか）で書いてください",
}


class RejectedParams(BadParams):
    """設定の誤りの全部。`code` は、全部が同じ種類（`KINDS`）ならその名、ほかは BAD_PARAMS。"""

    def __init__(self, problems: Iterable[Problem], kinds: set[str]):
        found = tuple(problems)
        what = f"{len(found)} 件の誤りがあります。"
        fix = "上の行を直して、もう一度実行してください。取り込んだ月は変わっていません。"
        super().__init__(where="params の設定", what=what, fix=fix, problems=found)
        if len(kinds) == 1 and kinds <= set(KINDS):
            self.code = kinds.pop()


@dataclass(frozen=True)
class Params:
    """誤りのない設定の全部。`fingerprint` は中身の SHA-256 で、置き場所、注釈、項目の順には依らない。"""

    society: Society
    joint_use: JointUse
    employers: tuple[Employer, ...]
    benefits: Benefits
    benchmarks: Benchmarks
    fingerprint: str

    def registry(self, month: Month) -> Registry:
        """その月の末日に効いている、記号と番号の登録簿。"""
        day = month.end
        claims = _claims(self.employers, self.society)
        entries = [claim.entry for claim in claims if claim.first <= day <= claim.last]
        return Registry(tuple(sorted(entries, key=lambda entry: (entry.folded, entry.number_from or 0))))

    def notified(self, when: Month | date) -> tuple[Employer, ...]:
        """その日（月なら末日）に、個人の行を受け取ってよい事業所。健保組合自身は数えない。"""
        day = when.end if isinstance(when, Month) else when
        if not self.joint_use.notice.in_force(day):
            return ()
        return tuple(one for one in self.employers if one.id != SOCIETY_STAFF and one.notified_on(day))


def load_params(folder: Path) -> Params:
    """設定のフォルダーを読む。

    Raises:
        RejectedParams: 誤りが一つでもあるとき。全部の誤りを持つ。
    """
    reading = _Reading(folder)
    society = reading.one("society.yaml", Society)
    joint_use = reading.one("joint_use.yaml", JointUse)
    employers = reading.employers()
    benefits = reading.one("benefits.yaml", Benefits)
    benchmarks = reading.one("benchmarks.yaml", Benchmarks)
    reading.check_claims(tuple(_claims(employers, society)))
    reading.raise_if_any()
    parts = (society, joint_use, employers, benefits, benchmarks)
    return Params(*parts, fingerprint=_fingerprint(parts))


def write_schemas(folder: Path) -> None:
    """エディター向けのスキーマを書き直す（`python -m mynalib.domain.params params/schema`）。"""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_texts().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def schema_texts() -> dict[str, str]:
    """スキーマのファイルの名と中身。"""
    return {
        f"{name}.schema.json": json.dumps(schema_of(model), ensure_ascii=False, indent=2) + "\n"
        for name, model in FILES.items()
    }


@dataclass(frozen=True)
class _Claim:
    """「この日から この日まで、この記号と番号の人は、この事業所の人」という、設定の一行の主張。"""

    entry: SymbolEntry
    first: date
    last: date
    file: str
    place: Place

    @property
    def owner(self) -> str:
        return self.entry.employer_id or self.entry.kind

    def overlaps(self, other: "_Claim") -> bool:
        """同じ日に、同じ人を指しうるか。"""
        lowest, highest = zip(self.entry.bounds, other.entry.bounds, strict=True)
        same_days = max(self.first, other.first) <= min(self.last, other.last)
        return same_days and max(lowest) <= min(highest)


def _claims(employers: Iterable[Employer], society: Society | None) -> Iterator[_Claim]:
    for employer in employers:
        for index, symbol in enumerate(employer.symbols):
            first, last = max(symbol.first, employer.first), min(symbol.last, employer.last)
            file = f"employers/{employer.id}.yaml"
            yield _Claim(symbol.entry(employer.id), first, last, file, ("symbols", index))
    for index, symbol in enumerate(society.no_employer if society else ()):
        entry = symbol.entry(None, symbol.kind)
        yield _Claim(entry, symbol.first, symbol.last, "society.yaml", ("no_employer", index))


class _Reading:
    """読み込みの一回分。読んだファイルと、見つけた誤りをためる。"""

    def __init__(self, folder: Path):
        self.folder = folder
        self.documents: dict[str, Document] = {}
        self.found: list[tuple[str, int, str, Problem]] = []  # ファイル、行、種類、誤り

    def raise_if_any(self) -> None:
        if self.found:
            order = list(self.documents)
            self.found.sort(key=lambda each: (order.index(each[0]), each[1]))
            raise RejectedParams((each[3] for each in self.found), {each[2] for each in self.found})

    def one(self, name: str, model: type[Settings]) -> Any:
        """一つのファイルを値にする。誤りがあれば、それをためて None。"""
        document = self._document(name)
        return self._validated(document, model)

    def employers(self) -> tuple[Employer, ...]:
        """事業所のファイルを、id の順に。"""
        folder = self.folder / "employers"
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        names = [path.name for path in paths if path.suffix.lower() in (".yaml", ".yml") and path.name[0] != "."]
        documents = [self._document(f"employers/{name}") for name in names]
        if not documents:
            nothing = self.documents["employers"] = Document("employers", None, {})
            self._note(nothing, (), "BAD_REGISTRY", "事業所のファイル（E01.yaml など）がありません。置いてください")
        taken = Counter(_written_id(document).casefold() for document in documents)
        found = [self._employer(document, taken) for document in documents]
        return tuple(sorted((one for one in found if one), key=lambda one: one.id))

    def _employer(self, document: Document, taken: Counter[str]) -> Employer | None:
        before = len(self.found)
        employer = self._validated(document, Employer)
        written, place = _written_id(document), ("id",)
        told = "BAD_EMPLOYER_ID" in {kind for _, _, kind, _ in self.found[before:]}
        if written and taken[written.casefold()] > 1:
            # 大文字・小文字だけの違いは、id の書き方の誤りではなく、重なりとして一度だけ言う
            self.found[before:] = [each for each in self.found[before:] if each[2] != "BAD_EMPLOYER_ID"]
            what = f"id「{shown(written)}」がほかのファイルにもあります（大文字と小文字は区別しません）"
            self._note(document, place, "ID_COLLISION", f"{what}。別の id にしてください")
            return None
        if written and not told and document.name != f"employers/{written}.yaml":
            what = f"ファイルの名と id が違います。ファイルの名を {shown(written)}.yaml にしてください"
            self._note(document, place, "BAD_EMPLOYER_ID", what)
            return None
        return employer

    def check_claims(self, claims: tuple[_Claim, ...]) -> None:
        """一人が二つの事業所に入りうる記号を断る。"""
        for claim in claims:
            if claim.first > claim.last:
                what = "記号の期間が、事業所の期間（from、to）の外です。日付を直してください"
                self._note(self.documents[claim.file], claim.place, "BAD_REGISTRY", what)
        by_symbol = sorted(claims, key=lambda claim: claim.entry.folded)
        for _, group in groupby(by_symbol, key=lambda claim: claim.entry.folded):
            for one, other in combinations(group, 2):
                if one.overlaps(other):
                    self._note_overlap(one, other)

    def _note_overlap(self, one: _Claim, other: _Claim) -> None:
        place = self.documents[one.file].where(one.place)
        kind = "BAD_REGISTRY" if one.owner == other.owner else "AMBIGUOUS_KIGO"
        what = (
            f"記号「{shown(other.entry.symbol)}」の期間と番号が、{one.owner}（{place}）と重なっています。"
            "期間か番号の範囲で分けてください"
        )
        self._note(self.documents[other.file], other.place, kind, what)

    def _document(self, name: str) -> Document:
        document = read_yaml(self.folder / name, shown(name))
        self.documents[document.name] = document
        self.found += [(document.name, line, "BAD_PARAMS", problem) for line, problem in document.problems]
        return document

    def _validated(self, document: Document, model: type[Settings]) -> Any:
        if document.content is None:
            return None
        try:
            return model.model_validate(document.content)
        except ValidationError as error:
            told = {problem.where for _, problem in document.problems}
            for each in error.errors(include_url=False, include_input=False):
                if document.where(each["loc"]) not in told:
                    kind = each["type"] if each["type"] in KINDS else "BAD_PARAMS"
                    self._note(document, each["loc"], kind, _sentence(each))
            return None

    def _note(self, document: Document, place: Place, kind: str, what: str) -> None:
        problem = Problem(document.where(place), what)
        self.found.append((document.name, document.line(place), kind, problem))


def _written_id(document: Document) -> str:
    written = document.content.get("id") if isinstance(document.content, dict) else None
    return written if isinstance(written, str) else ""


def _sentence(error: Any) -> str:
    template = PHRASES.get(error["type"], "{what}")
    context = {"what": f"書き方が正しくありません（{error['type']}）", **error.get("ctx", {})}
    return template.format_map({key: _in_japanese(value) for key, value in context.items()})


def _in_japanese(value: Any) -> str:
    return str(value).replace("' or '", "、").replace("', '", "、").strip("'")


def _fingerprint(parts: Iterable[Any]) -> str:
    def plain(part: Any) -> Any:
        if isinstance(part, tuple):
            return [plain(each) for each in part]
        return part.model_dump(mode="json", by_alias=True)

    text = json.dumps(plain(tuple(parts)), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
