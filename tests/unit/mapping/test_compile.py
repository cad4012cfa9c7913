from __future__ import annotations

import pytest

from headgate import mapping
from headgate.mapping import Json, MappingError, is_whole_event
from headgate.mapping.directives import DIRECTIVES, PLANNED

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


@pytest.mark.parametrize("name", sorted(PLANNED))
def test_a_directive_that_does_not_exist_yet_is_refused_by_name_and_place(name: str) -> None:
    (message,) = messages({"data": {name: {}}})
    assert message.startswith(f"/data/{name}: not available yet")
    assert all(there in message for there in DIRECTIVES)


def test_a_directive_that_does_not_exist_yet_is_refused_inside_lists_too() -> None:
    (message,) = messages({"items": [1, {"@liquid": "x"}]})
    assert message.startswith("/items/1/@liquid: not available yet")


def test_other_parts_of_the_language_that_do_not_exist_yet_are_refused() -> None:
    (blank,) = messages({"a": {"@if": {"blank": {"@path": "$.x"}, "then": 1}}})
    (root,) = messages({"__segment_internal_directive": {"@transform": {}}, "a": 1})
    assert blank.startswith("/a/@if/blank: not available yet")
    assert root.startswith("/__segment_internal_directive: not available yet")


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


def test_in_lists_an_object_that_mixes_directives_and_keys_is_plain_data() -> None:
    stored: Json = {"list": [{"@path": "$.userId", "id": {"@path": "$.userId"}}]}
    assert mapping.compile(stored)(EVENT) == {"list": [{"@path": "$.userId", "id": "u-1"}]}


def test_a_mapping_nested_too_deeply_is_refused_before_the_stack_is() -> None:
    stored: Json = {"end": 1}
    for _ in range(5000):
        stored = {"a": stored}
    (message,) = messages(stored)
    assert message == "/a/a/a is nested deeper than 100 levels."


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
