"""tests/cases の約束で、観察を判定する。何が観察できるかは試験ごとに違うので、観察にない項目は判定しない。

観察（dict）：outcome loaded|refused|held|no_op、refusal_class、data_rows、accepted、quarantined、reasons {理由: 行}、
accepted_keys・quarantined_lines（集合）、actions {鍵: 行うこと}、employer_of {鍵: 事業所か None}、dates {鍵: 日付か None}。
鍵は「記号/番号/枝番」で、記号は登録どおり、番号は半角の数字、枝番は二桁。
"""

from collections.abc import Iterator, Mapping
from typing import Any

ANY = "ANY"
COUNTS = ("data_rows", "accepted", "quarantined")


def judge(expectation: Mapping[str, Any], observation: Mapping[str, Any]) -> list[str]:
    """約束と違うところ。なければ空。"""
    choices = expectation.get("any_of", [expectation])
    verdicts = [_against(choice, observation) for choice in choices]
    best = min(verdicts, key=len)
    beside = {key: value for key, value in expectation.items() if key != "any_of"} if "any_of" in expectation else {}
    return best + (list(_details(beside, observation)) if observation["outcome"] == "loaded" else [])


def judge_step(case: Mapping[str, Any], step: int, observation: Mapping[str, Any]) -> list[str]:
    """一つの事例の step 番目（0 から）。事例の alternatives のどれかに合ってもよい。"""
    expectation = case["steps"][step]["expect"] if case["steps"] else case["expect"]
    wrong = judge(expectation, observation)
    others = case.get("alternatives", [])
    return [] if any(not judge(other, observation) for other in others) else wrong


def _against(choice: Mapping[str, Any], observation: Mapping[str, Any]) -> list[str]:
    if observation["outcome"] == "refused" and observation["refusal_class"] == "ALL_BAD" and _accepts_nobody(choice):
        return []
    if observation["outcome"] != choice["outcome"]:
        return [f"{choice['outcome']} のはずが {observation['outcome']}（{observation.get('refusal_class')}）"]
    if choice["outcome"] == "refused":
        allowed = choice["refusal_class_any_of"]
        seen = observation["refusal_class"]
        return [] if seen in allowed else [f"断る理由が {allowed} でなく {seen}"]
    return [*_numbers(choice, observation), *_details(choice, observation)] if choice["outcome"] == "loaded" else []


def _accepts_nobody(choice: Mapping[str, Any]) -> bool:
    return choice["outcome"] == "loaded" and choice.get("accepted") == 0 and choice.get("data_rows", 0) > 0


def _numbers(choice: Mapping[str, Any], observation: Mapping[str, Any]) -> Iterator[str]:
    for name in COUNTS:
        if name in choice and observation[name] != choice[name]:
            yield f"{name} が {choice[name]} でなく {observation[name]}"
    if observation["accepted"] + observation["quarantined"] != observation["data_rows"]:
        yield "受け入れと保留の和が、行の数と違う"
    reasons = choice.get("reasons")
    if reasons is not None and ANY not in reasons and dict(reasons) != dict(observation["reasons"]):
        yield f"理由が {reasons} でなく {observation['reasons']}"


def _details(choice: Mapping[str, Any], observation: Mapping[str, Any]) -> Iterator[str]:
    if "accepted_keys" in observation:
        keys = observation["accepted_keys"]
        must = [*choice.get("accepted_keys", ()), *choice.get("must_accept", ())]
        yield from (f"受け入れていない：{key}" for key in must if key not in keys)
        mustnt = [*choice.get("must_quarantine", ()), *choice.get("absent_keys", ())]
        yield from (f"受け入れた：{key}" for key in mustnt if key in keys)
    if "quarantined_lines" in observation:
        lines = observation["quarantined_lines"]
        yield from (f"{n} 行目を保留にしていない" for n in choice.get("must_quarantine_lines", ()) if n not in lines)
    for name in ("actions", "employer_of", "dates"):
        if name in observation:
            yield from _by_key(name, choice.get(name) or {}, observation[name])


def _by_key(name: str, expected: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    for key, value in expected.items():
        allowed = value if isinstance(value, list) else [value]
        for one in seen if key == "*" else [key]:
            got = seen.get(one, "absent")
            if got not in allowed and not (name == "dates" and got in (None, "absent")):
                yield f"{name} {one} が {allowed} でなく {got}"
