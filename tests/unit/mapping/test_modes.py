"""Where strict mode mends what compatible mode repeats."""

from __future__ import annotations

import pytest

from headgate import mapping
from headgate.mapping import Json, MappingError, Mode

EVENT: dict[str, Json] = {
    "id": "u-1",
    "sly": "{{id}}",
    "o": {"x.y": "dotted", "x": {"y": "nested"}},
    "one": {"a": 1},
}


def value_of(directive: Json, mode: Mode) -> Json:
    result = mapping.compile({"out": directive}, mode)(EVENT)
    assert isinstance(result, dict)
    return result.get("out", "absent")


@pytest.mark.parametrize(
    ("directive", "compatible", "strict"),
    [
        ({"@path": '$.o["x.y"]'}, "nested", "dotted"),
        ({"@path": "$.o['x.y']"}, "nested", "dotted"),
        ({"@template": "{{{sly}}}"}, "u-1", "{{id}}"),
        ({"@if": {"exists": {"@path": "none"}, "else": 0}}, "absent", 0),
        ({"@json": {"mode": "ENCODE", "value": {"@path": "one"}}}, "absent", '{"a":1}'),
        ({"@merge": {"direction": "LEFT", "objects": [{"a": 1}, {"a": 2}]}}, {"a": 2}, {"a": 1}),
    ],
)
def test_the_modes_differ_in_what_they_give(
    directive: Json, compatible: Json, strict: Json
) -> None:
    assert value_of(directive, "compatible") == compatible
    assert value_of(directive, "strict") == strict


@pytest.mark.parametrize(
    "unused",
    [
        [{"@nope": 1}],
        [{"@path": 5}],
        {"@literal": {"a": {"@path": 5}}},
        {"@liquid": "{% if %}"},
        {"@liquid": "{% case a %}{% endcase %}"},
        {"@if": {"then": 1}},
        {"@case": {"value": "a"}},
    ],
)
def test_a_fault_is_refused_when_saved_or_fails_where_an_event_meets_it(unused: Json) -> None:
    """Segment stores such mappings, and they work as long as no event takes that way."""
    stored: Json = {"out": {"@if": {"exists": {"@path": "$.odd"}, "then": unused, "else": "fine"}}}
    mapper = mapping.compile(stored, "compatible")
    assert mapper({}) == {"out": "fine"}
    with pytest.raises(MappingError):
        mapper({"odd": 1})
    if unused != {"@case": {"value": "a"}}:
        with pytest.raises(MappingError, match=r"^/out/@if/then"):
            mapping.compile(stored, "strict")


def test_in_lists_an_object_that_mixes_directives_and_keys_is_plain_data_or_a_fault() -> None:
    stored: Json = {"list": [{"@path": "$.id", "id": {"@path": "$.id"}}]}
    mapper = mapping.compile(stored, "compatible")
    assert mapper(EVENT) == {"list": [{"@path": "$.id", "id": "u-1"}]}
    with pytest.raises(MappingError, match=r"^/list/0 should only have one @-prefixed key"):
        mapping.compile(stored)


def test_only_compatible_mode_takes_what_is_no_object_for_a_mapping() -> None:
    assert mapping.compile(["a", {"@path": "$.id"}], "compatible")(EVENT) == {"0": "a", "1": "u-1"}
    assert mapping.compile(5, "compatible")(EVENT) == {}
    with pytest.raises(MappingError, match="should be an object but it is a number"):
        mapping.compile(5)
