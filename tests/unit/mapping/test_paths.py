from __future__ import annotations

import pytest

from headgate import mapping
from headgate.mapping import MappingError
from headgate.mapping.access import steps

EVENT: dict[str, mapping.Json] = {
    "userId": "u-1",
    "zero": 0,
    "empty": "",
    "no": False,
    "nothing": None,
    "none": [],
    "properties": {
        "total": 27.5,
        "products": [{"sku": "A"}, {"sku": "B", "tags": ["x", "y"]}],
        "weird-key": "w",
        "a b": "space",
        "a[b]": "bracket",
        "$": "dollar",
        "length": 9,
    },
    "emoji": "a😀b",
}


def at(path: str) -> mapping.Json:
    """The value of a path; a field that vanished shows as "absent"."""
    result = mapping.compile({"out": {"@path": path}})(EVENT)
    assert isinstance(result, dict)
    return result.get("out", "absent")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.userId", "u-1"),
        ("userId", "u-1"),
        ("$.properties.total", 27.5),
        ("properties.products.0.sku", "A"),
        ("$.properties.products[1].sku", "B"),
        ("$.properties.products[1].tags[0]", "x"),
        ('$.properties["weird-key"]', "w"),
        ("$.properties['a b']", "space"),
        ("$.properties.a b", "space"),
        ("$.properties.a[b]", "bracket"),
        ("properties.$.total", 27.5),
        ("properties.$", "dollar"),
        ("properties..total", 27.5),
        (".userId.", "u-1"),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: mapping.Json) -> None:
    assert at(path) == value


@pytest.mark.parametrize(
    "path",
    [
        "$.missing",
        "$.properties.missing",
        "missing.deeper",
        "$",
        "userId.first",
        "properties.total.x",
    ],
)
def test_a_field_whose_path_leads_nowhere_is_left_out(path: str) -> None:
    assert at(path) == "absent"


@pytest.mark.parametrize(
    ("path", "value"),
    [("zero.x.y", 0), ("empty.x", ""), ("no.x", False), ("nothing.x", None), ("nothing", None)],
)
def test_a_falsy_value_on_the_way_is_the_result(path: str, value: mapping.Json) -> None:
    assert at(path) is value


def test_an_empty_list_does_not_end_the_walk() -> None:
    assert at("none.x") == "absent"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties.products.length", 2),
        ("properties.products[2]", "absent"),
        ("properties.products[-1]", "absent"),
        ("properties.products[01]", "absent"),
        ("properties.products[99999999999999999999]", "absent"),
        ("properties.length", 9),
        ("emoji.length", 4),
        ("emoji[0]", "a"),
        ("emoji[1]", "\ud83d"),
        ("emoji[4]", "absent"),
    ],
)
def test_lists_and_texts_have_indexes_and_a_length(path: str, value: mapping.Json) -> None:
    assert at(path) == value


def test_members_of_javascripts_prototypes_do_not_leak() -> None:
    assert at("properties.constructor") == "absent"
    assert at("userId.toString") == "absent"


@pytest.mark.parametrize("path", ["$.", "", ".", ".."])
def test_the_empty_path_is_the_whole_event_itself(path: str) -> None:
    assert at(path) is EVENT


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("a.b[0].c", ("a", "b", "0", "c")),
        ('o["x.y"]', ("o", "x", "y")),
        ("o[x]", ("o[x]",)),
        ("a[0][1]", ("a", "0", "1")),
        ("a b.c", ("a b", "c")),
    ],
)
def test_a_path_is_cut_as_segment_cuts_it(path: str, keys: tuple[str, ...]) -> None:
    assert steps(path, "compatible") == keys


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ('o["x.y"].z', ("o", "x.y", "z")),
        ("o['a\"b'][0]", ("o", 'a"b', "0")),
        ('["a.b"]["c"]', ("a.b", "c")),
        ('o["x', ("o", "x")),
        ("o[x]", ("o[x]",)),
    ],
)
def test_in_strict_mode_a_quoted_key_may_hold_anything(path: str, keys: tuple[str, ...]) -> None:
    assert steps(path) == keys


def test_a_directive_can_compute_the_path() -> None:
    mapper = mapping.compile({"out": {"@path": {"@template": "{{name}}.id"}}})
    assert mapper({"name": "a", "a": {"id": 1}, "b": {"id": 2}}) == {"out": 1}
    assert mapper({"name": "b", "a": {"id": 1}, "b": {"id": 2}}) == {"out": 2}


def test_a_computed_path_that_is_no_text_fails_on_the_event() -> None:
    mapper = mapping.compile({"out": {"@path": {"@path": "$.n"}}})
    with pytest.raises(MappingError, match="@path: expected string, got number"):
        mapper({"n": 1})
