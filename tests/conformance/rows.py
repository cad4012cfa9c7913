"""The stored cases: what the original packages made of given mappings, triggers and field sets.

They are plain lines of JSON, so that they can be searched and compared; what many of them share,
events and field sets, stands once in a file of its own, and they hold its line, from 0.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

CASES = Path(__file__).parent / "cases"


class MappingCase(NamedTuple):
    """`errors` are sentences; without them `output` is the result."""

    id: str
    source: str
    event: Any
    mapping: Any
    output: Any = None
    errors: list[str] | None = None
    exotic: bool = False


class TriggerCase(NamedTuple):
    """`ast` is None for a text that cannot be read, `matches` where evaluation threw."""

    id: str
    source: str
    event: Any
    fql: str
    matches: bool | None
    ast: dict[str, Any] | None = None


class ValidationCase(NamedTuple):
    """`errors` are pairs of pointer and sentence; without them the payload becomes `coerced`."""

    id: str
    source: str
    mode: Literal["single", "batch"]
    fields: dict[str, Any]
    payload: Any
    coerced: Any = None
    errors: list[list[str]] | None = None


@cache
def mapping_cases() -> tuple[MappingCase, ...]:
    """Every case but the exotic ones, which are artefacts of JavaScript's prototypes."""
    cases = (MappingCase(**_with_event(line)) for line in _lines("mapping"))
    return tuple(case for case in cases if not case.exotic)


@cache
def trigger_cases() -> tuple[TriggerCase, ...]:
    return tuple(TriggerCase(**_with_event(line)) for line in _lines("fql"))


@cache
def validation_cases() -> tuple[ValidationCase, ...]:
    fields = _lines("fields")
    return tuple(
        ValidationCase(**{**line, "fields": fields[line["fields"]]})
        for line in _lines("validation")
    )


def _with_event(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "event": _lines("events")[line["event"]]}


@cache
def _lines(name: str) -> list[Any]:
    text = (CASES / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
