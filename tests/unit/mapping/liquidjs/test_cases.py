"""Texts that LiquidJS, set up as Segment does, gave for the templates in `cases.jsonl`."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from headgate.mapping.errors import MappingError
from headgate.mapping.liquidjs import compile as compile_liquid

_HERE = Path(__file__).parent
_EVENT: dict[str, Any] = msgspec.json.decode((_HERE / "event.json").read_bytes())
_CASES: list[dict[str, Any]] = [
    msgspec.json.decode(line) for line in (_HERE / "cases.jsonl").read_bytes().splitlines()
]
# Errors of the JavaScript engine, which say nothing to a reader of templates.
_OTHER_WORDS = ("is not an entry object",)


def _of(subject: str) -> list[dict[str, Any]]:
    return [case for case in _CASES if case["subject"] == subject]


@pytest.mark.parametrize("subject", sorted({case["subject"] for case in _CASES}))
def test_templates_print_what_they_print_at_segment(subject: str) -> None:
    different = [
        (case["template"], case["text"], text)
        for case in _of(subject)
        if "text" in case and (text := _text(case)) != case["text"]
    ]
    assert different == []


@pytest.mark.parametrize("subject", sorted({case["subject"] for case in _CASES if "error" in case}))
def test_templates_fail_where_they_fail_at_segment_and_say_the_same(subject: str) -> None:
    for case in _of(subject):
        if "error" not in case:
            continue
        with pytest.raises(MappingError) as raised:
            _text(case)
        if not any(words in case["error"] for words in _OTHER_WORDS):
            assert raised.value.messages == (case["error"],)


def _text(case: dict[str, Any]) -> str:
    return compile_liquid(case["template"])(case.get("event", _EVENT))
