from __future__ import annotations

from types import MappingProxyType

import pytest

from headgate import mapping
from headgate.mapping import Json, MappingError, is_whole_event

EVENT: dict[str, Json] = {"type": "track", "userId": "u-1", "properties": {"total": 5}}


def messages(stored: Json) -> tuple[str, ...]:
    with pytest.raises(MappingError) as caught:
        mapping.compile(stored)
    return caught.value.messages


def test_plain_values_pass_and_directives_run_at_any_depth() -> None:
    stored: Json = {
        "name": "{{userId}}",
        "count": 3,
        "on": True,
        "none": None,
        "user": {"id": {"@path": "$.userId"}, "kind": "person"},
        "list": [1, {"@path": "$.properties.total"}, {"deep": {"@path": "$.type"}}],
    }
    assert mapping.compile(stored)(EVENT) == {
        "name": "{{userId}}",
        "count": 3,
        "on": True,
        "none": None,
        "user": {"id": "u-1", "kind": "person"},
        "list": [1, 5, {"deep": "track"}],
    }


def test_undefined_members_vanish_and_undefined_elements_are_null() -> None:
    stored: Json = {
        "gone": {"@path": "$.x"},
        "inner": {"gone": {"@path": "$.x"}, "here": 1},
        "list": [{"@path": "$.x"}, 1],
    }
    assert mapping.compile(stored)(EVENT) == {"inner": {"here": 1}, "list": [None, 1]}


def test_fields_keep_the_order_of_the_mapping() -> None:
    stored: Json = {"b": {"@path": "$.userId"}, "a": 1, "c": {"@path": "$.x"}, "0": 2}
    result = mapping.compile(stored)(EVENT)
    assert isinstance(result, dict)
    assert list(result) == ["b", "a", "0"]


def test_one_mapper_serves_many_events() -> None:
    mapper = mapping.compile({"fixed": {"a": 1}, "id": {"@path": "$.userId"}})
    assert [mapper({"userId": "1"}), mapper({}), mapper({"userId": "2"})] == [
        {"fixed": {"a": 1}, "id": "1"},
        {"fixed": {"a": 1}},
        {"fixed": {"a": 1}, "id": "2"},
    ]


def test_a_mapping_can_be_one_directive() -> None:
    assert mapping.compile({"@path": "$.properties"})(EVENT) is EVENT["properties"]
    assert mapping.compile({"@path": "$.missing"})(EVENT) is None


def test_metadata_may_stand_beside_a_directive() -> None:
    stored: Json = {"id": {"@path": "$.userId", "_metadata": {"label": "User"}}}
    assert mapping.compile(stored)(EVENT) == {"id": "u-1"}


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (
            {"a": {"@path": 1}},
            "/a/@path should be a string or a mapping directive but it is a number.",
        ),
        (
            {"a": {"@template": ["x"]}},
            "/a/@template should be a string or a mapping directive but it is an array.",
        ),
        ({"a": {"@nope": 1}}, "/a has an invalid directive: @nope."),
        (
            {"a": {"@path": "x", "@template": "y"}},
            "/a should only have one @-prefixed key but it has 2 keys.",
        ),
        (
            {"a": {"@path": "x", "other": 1, "more": 2}},
            "/a should only have one @-prefixed key but it has 3 keys.",
        ),
        ({"a": {"@if": "x"}}, "/a/@if should be an object but it is a string."),
        (
            {"a": {"@if": {"@path": "x"}}},
            "/a/@if should be an object but it is a directive.",
        ),
        ({"a": {"@if": {"then": 1}}}, '/a/@if requires an "exists" key or a "blank" key.'),
        ({"a": [1, {"@nope": 1}]}, "/a/1 has an invalid directive: @nope."),
        (
            {"a": {"@case": {"operator": 1}}},
            "/a/@case/operator should be a string but it is a number.",
        ),
        (
            {"a": {"@replace": {"pattern": "", "value": "x"}}},
            "/a/@replace/pattern should be a string of length 1 or greater.",
        ),
        (
            {"a": {"@replace": {"pattern": "12345678901", "value": "x"}}},
            "/a/@replace/pattern should be a string of length 10 or less.",
        ),
        (
            {"a": {"@json": {"mode": "enc", "value": 1}}},
            '/a/@json/mode should be one of encode, decode but it is "enc".',
        ),
        (
            {"a": {"@flatten": {"separator": "."}}},
            '/a/@flatten should have field "value" but it doesn\'t.',
        ),
        (
            {"a": {"@merge": {"objects": [1], "direction": "left"}}},
            "/a/@merge/objects/0 should be a object or a mapping directive but it is a number.",
        ),
        (
            {"a": {"@merge": {"objects": 1}}},
            "/a/@merge/objects should be an array but it is a number.",
        ),
        ({"a": {"@arrayPath": "x"}}, "/a/@arrayPath should be an array but it is a string."),
        ({"a": {"@liquid": 1}}, "/a/@liquid should be a string but it is a number."),
        ([1], "/ should be an object but it is an array."),
        ("text", "/ should be an object but it is a string."),
        (None, "/ should be an object but it is a null."),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(stored: Json, message: str) -> None:
    assert messages(stored) == (message,)


def test_every_fault_is_told_at_once() -> None:
    stored: Json = {"a": {"@nope": 1}, "b": {"c": {"@path": True}}, "d": 1}
    assert messages(stored) == (
        "/a has an invalid directive: @nope.",
        "/b/c/@path should be a string or a mapping directive but it is a boolean.",
    )


def test_an_event_may_be_any_mapping_and_nothing_else() -> None:
    mapper = mapping.compile({"id": {"@path": "$.userId"}})
    assert mapper(MappingProxyType(EVENT)) == {"id": "u-1"}
    with pytest.raises(MappingError, match="data must be an object, got array"):
        mapper([EVENT])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "stored",
    [{"@path": "$."}, {"@path": ""}, {"@path": "."}, {"@path": "$.", "_metadata": {"label": "x"}}],
)
def test_the_whole_event_is_recognised(stored: Json) -> None:
    assert is_whole_event(stored)


@pytest.mark.parametrize(
    "stored",
    [
        {"@path": "$.properties"},
        {"@path": "$"},
        {"@path": {"@path": "$."}},
        {"@template": ""},
        {"@path": "$.", "more": 1},
        {"_metadata": {}},
        {},
        None,
        "$.",
    ],
)
def test_anything_else_is_not_the_whole_event(stored: Json) -> None:
    assert not is_whole_event(stored)
