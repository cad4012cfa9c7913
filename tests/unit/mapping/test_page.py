from __future__ import annotations

from typing import Any

import pytest

from headgate import mapping
from headgate.mapping import page

KNOWN: list[Any] = [
    {"@path": "$.event"},
    {"@template": "{{event}}"},
    {"@literal": {"a": 1}},
    {"@if": {"exists": {"@path": "$.a"}, "then": "x", "else": "y"}},
    {"@if": {"blank": {"@path": "$.a"}, "then": "x"}},
    {"@case": {"operator": "lower", "value": {"@path": "$.a"}}},
    {"@replace": {"pattern": "a", "replacement": "b", "value": {"@path": "$.a"}, "global": True}},
    {"@arrayPath": ["$.products", {"sku": {"@path": "$.sku"}}]},
    [1, {"a": {"@path": "$.a"}}, "text", None],
]
UNKNOWN: list[tuple[Any, str]] = [
    ({"@liquid": "{{ event }}"}, "/value/@liquid is not known in a page: there are @arrayPath, "),
    ({"@json": {"mode": "encode", "value": "x"}}, "/value/@json is not known in a page"),
    (
        {"@merge": {"direction": "left", "objects": [{}]}},
        "/value/@merge is not known in a page",
    ),
    (
        [{"a": {"@if": {"exists": {"@excludeWhenNull": {"a": 1}}, "then": 1}}}],
        "/value/0/a/@if/exists/@excludeWhenNull is not known in a page",
    ),
    (
        {"@replace": {"pattern": "a", "pattern2": "b", "value": "x"}},
        "/value/@replace has pattern2, which is not known in a page.",
    ),
]


@pytest.mark.parametrize("value", KNOWN)
def test_what_pages_know_passes(value: Any) -> None:
    mapping.compile({"value": value}, "compatible")
    assert list(page.faults({"value": value})) == []


@pytest.mark.parametrize(("value", "fault"), UNKNOWN)
def test_what_pages_do_not_know_is_named_with_its_place(value: Any, fault: str) -> None:
    mapping.compile({"value": value}, "compatible")
    (found,) = page.faults({"value": value})
    assert found.startswith(fault)


def test_no_directive_stands_around_a_whole_mapping() -> None:
    around = {"__segment_internal_directive": {"@transform": {}}, "a": 1}
    assert len(list(page.faults(around))) == 1
