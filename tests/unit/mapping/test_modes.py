"""What strict mode refuses and compatible mode takes; quirks are in tests/conformance/quirks."""

from __future__ import annotations

import pytest

from headgate import mapping
from headgate.mapping import Json, MappingError


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
    assert mapper({"id": "u-1"}) == {"list": [{"@path": "$.id", "id": "u-1"}]}
    with pytest.raises(MappingError, match=r"^/list/0 should only have one @-prefixed key"):
        mapping.compile(stored)


def test_only_compatible_mode_takes_what_is_no_object_for_a_mapping() -> None:
    event = {"id": "u-1"}
    assert mapping.compile(["a", {"@path": "$.id"}], "compatible")(event) == {"0": "a", "1": "u-1"}
    assert mapping.compile(5, "compatible")(event) == {}
    with pytest.raises(MappingError, match="should be an object but it is a number"):
        mapping.compile(5)
