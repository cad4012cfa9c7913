"""Directives that change and combine values."""

from __future__ import annotations

import pytest

from headgate import mapping
from headgate.mapping import Json, MappingError

EVENT: dict[str, Json] = {
    "name": "Ada Lovelace",
    "dots": "a.b.c",
    "blank": "",
    "space": " ",
    "zero": 0,
    "half": 0.5,
    "no": False,
    "nothing": None,
    "empty": [],
    "emptyish": [[], [None]],
    "items": [{"sku": "A", "n": 1}, {"sku": "B"}, 7, None],
    "one": {"sku": "C"},
    "nested": {"a": {"b": 1, "c": [1, {"d": None}], "e": {}}, "f": None},
    "text": '{"x":[1,2.50],"y":null}',
    "broken": "{x",
    "digits": {"10": "x", "2": "y", "b": "z"},
}


def value_of(directive: Json) -> Json:
    result = mapping.compile({"out": directive})(EVENT)
    assert isinstance(result, dict)
    return result.get("out", "absent")


@pytest.mark.parametrize(
    ("place", "branch"),
    [
        ("name", "then"),
        ("space", "then"),
        ("one", "then"),
        ("items", "then"),
        ("blank", "else"),
        ("zero", "else"),
        ("no", "else"),
        ("nothing", "else"),
        ("missing", "else"),
        ("empty", "else"),
        ("emptyish", "then"),
    ],
)
def test_blank_asks_for_more_than_exists(place: str, branch: str) -> None:
    choice: Json = {"blank": {"@path": place}, "then": "then", "else": "else"}
    assert value_of({"@if": choice}) == branch


def test_case_changes_texts_and_leaves_the_rest() -> None:
    assert value_of({"@case": {"operator": "upper", "value": {"@path": "name"}}}) == "ADA LOVELACE"
    assert value_of({"@case": {"operator": "lower", "value": "ÄB"}}) == "äb"
    assert value_of({"@case": {"operator": "lower", "value": {"@path": "half"}}}) == 0.5
    assert value_of({"@case": {"operator": "lower", "value": {"@path": "missing"}}}) == "absent"


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ({"pattern": ".", "replacement": "-"}, "a-b-c"),
        ({"pattern": ".", "replacement": "-", "global": False}, "a-b.c"),
        ({"pattern": "."}, "abc"),
        ({"pattern": "B", "replacement": "x"}, "a.b.c"),
        ({"pattern": "B", "replacement": "x", "ignorecase": True}, "a.x.c"),
        ({"pattern": "b", "replacement": "[$&$$$1]"}, "a.[b$$1].c"),
        ({"pattern": "b", "replacement": "($`|$')"}, "a.(a.|.c).c"),
        ({"pattern": "a", "replacement": "b", "pattern2": "b", "replacement2": "x"}, "x.x.c"),
    ],
)
def test_replace_takes_patterns_literally(argument: dict[str, Json], text: str) -> None:
    assert value_of({"@replace": {"value": {"@path": "dots"}, **argument}}) == text


def test_replace_writes_numbers_and_gives_an_empty_text_for_objects() -> None:
    assert value_of({"@replace": {"value": {"@path": "half"}, "pattern": "."}}) == "05"
    assert value_of({"@replace": {"value": {"@path": "one"}, "pattern": "."}}) == ""


def test_ignoring_case_folds_as_javascript_does() -> None:
    def replaced(text: str, pattern: str) -> Json:
        return value_of({"@replace": {"value": text, "pattern": pattern, "ignorecase": True}})

    assert replaced("ÀB", "à") == "B"
    assert replaced("\u017f", "s") == "\u017f"  # the long s stays apart from ASCII
    assert replaced("ß", "SS") == "ß"


def test_each_element_of_a_list_is_the_event_of_the_shape() -> None:
    shape: Json = {"id": {"@path": "$.sku"}, "kind": "item"}
    shaped: Json = [
        {"id": "A", "kind": "item"},
        {"id": "B", "kind": "item"},
        {"kind": "item"},
        {"id": None, "kind": "item"},
    ]
    assert value_of({"@arrayPath": ["$.items", shape]}) == shaped
    assert value_of({"@arrayPath": ["$.one", shape]}) == [{"id": "C", "kind": "item"}]
    assert value_of({"@arrayPath": ["$.name", shape]}) == "Ada Lovelace"
    assert value_of({"@arrayPath": ["$.missing", shape]}) == "absent"
    assert value_of({"@arrayPath": ["$.items"]}) == EVENT["items"]


def test_a_shape_may_be_a_directive_and_what_it_lacks_is_null() -> None:
    assert value_of({"@arrayPath": ["items", {"@path": "n"}]}) == [1, None, None, None]


def test_flatten_joins_keys() -> None:
    flat: Json = {"a_b": 1, "a_c_0": 1, "a_c_1_d": None, "f": None}
    argument: dict[str, Json] = {"value": {"@path": "nested"}, "separator": "_"}
    assert value_of({"@flatten": argument}) == flat
    kept = value_of({"@flatten": {**argument, "omitArrays": True}})
    assert kept == {"a_b": 1, "a_c": [1, {"d": None}], "f": None}


def test_what_cannot_be_flattened_has_an_empty_key() -> None:
    assert value_of({"@flatten": {"value": {"@path": "name"}, "separator": "."}}) == {
        "": "Ada Lovelace"
    }
    assert value_of({"@flatten": {"value": {"@path": "missing"}, "separator": "."}}) == {}


def test_json_is_encoded_as_javascript_does() -> None:
    assert value_of({"@json": {"mode": "encode", "value": {"@path": "digits"}}}) == (
        '{"2":"y","10":"x","b":"z"}'
    )
    value: Json = {
        "a": {"@path": "half"},
        "gone": {"@path": "missing"},
        "é": [{"@path": "missing"}],
    }
    assert value_of({"@json": {"mode": "encode", "value": value}}) == '{"a":0.5,"é":[null]}'
    assert value_of({"@json": {"mode": "encode", "value": {"@path": "missing"}}}) == "absent"


def test_json_that_cannot_be_decoded_stays_as_it_is() -> None:
    def decoded(value: Json) -> Json:
        return value_of({"@json": {"mode": "decode", "value": value}})

    assert decoded({"@path": "text"}) == {"x": [1, 2.5], "y": None}
    assert decoded({"@path": "one"}) == {"sku": "C"}
    for text in ("{x", "NaN", "-Infinity", "[1,]", "\ufeff1", "'a'"):
        assert decoded(text) == text


def test_merge_takes_the_last_or_the_first() -> None:
    objects: Json = [{"a": 1, "b": 1}, {"b": 2, "c": {"@path": "half"}}, {"@path": "missing"}]

    def merged(direction: str) -> Json:
        return value_of({"@merge": {"direction": direction, "objects": objects}})

    assert merged("right") == {"a": 1, "b": 2, "c": 0.5}
    assert merged("left") == {"a": 1, "b": 1, "c": 0.5}


def test_an_undefined_member_takes_away_what_was_merged_before_it() -> None:
    objects: Json = [{"a": 1, "b": 1}, {"a": {"@path": "missing"}}]
    assert value_of({"@merge": {"direction": "right", "objects": objects}}) == {"b": 1}


def test_transform_maps_what_was_mapped() -> None:
    argument: Json = {
        "apply": {"who": {"@path": "name"}, "gone": {"@path": "missing"}},
        "mapping": {"hello": {"@template": "{{who}}{{gone}}!"}, "all": {"@path": "$."}},
    }
    assert value_of({"@transform": argument}) == {
        "hello": "Ada Lovelace!",
        "all": {"who": "Ada Lovelace"},
    }


def test_a_root_directive_takes_the_other_fields_for_its_mapping() -> None:
    stored: Json = {
        "__segment_internal_directive": {"@transform": {"apply": {"who": {"@path": "name"}}}},
        "id": {"@path": "$.who"},
    }
    assert mapping.compile(stored)(EVENT) == {"id": "Ada Lovelace"}


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        ({"@path": "x", "@template": "y"}, "must only have a single directive"),
        ({"@transform": 1}, "must be an object"),
        ([], "must be an object"),
        (None, "must be an object"),
    ],
)
def test_a_root_directive_is_one_object(directive: Json, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        mapping.compile({"__segment_internal_directive": directive})


def test_nulls_are_excluded_also_inside_objects_though_not_inside_lists() -> None:
    assert value_of({"@excludeWhenNull": {"@path": "nothing"}}) == "absent"
    assert value_of({"@excludeWhenNull": {"@path": "nested"}}) == {
        "a": {"b": 1, "c": [1, {"d": None}], "e": {}}
    }
    assert value_of({"@excludeWhenNull": {"@path": "zero"}}) == 0


def test_liquid_is_filled_from_the_event() -> None:
    assert (
        value_of({"@liquid": "{{ name | upcase }}: {{ half | times: 3 }}"}) == "ADA LOVELACE: 1.5"
    )
