from __future__ import annotations

import pytest

from headgate import mapping
from headgate.mapping import Json

EVENT: dict[str, Json] = {
    "event": "Order Completed",
    "userId": "u-1",
    "n": 1.0,
    "big": 1e21,
    "small": 1e-7,
    "yes": True,
    "nothing": None,
    "list": [1, [2, None], "x"],
    "object": {"a": 1},
    "sly": "{{userId}}",
    "empty": "",
    "zero": 0,
}


def value_of(directive: Json) -> Json:
    """What a directive gives; a field that vanished shows as "absent"."""
    result = mapping.compile({"out": directive})(EVENT)
    assert isinstance(result, dict)
    return result.get("out", "absent")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{event}} by {{userId}}", "Order Completed by u-1"),
        ("{{ event }}", "Order Completed"),
        ("{{{event}}}!", "Order Completed!"),
        ("plain", "plain"),
        ("", ""),
        ("[{{missing}}][{{nothing}}]", "[][]"),
        ("{{n}} {{big}} {{small}} {{yes}}", "1 1e+21 1e-7 true"),
        ("{{list}} {{object}}", "1,2,,x [object Object]"),
        ("{{$.event}}", ""),
        ("{{ }}", "[object Object]"),
        ("{{event", "{{event"),
        ("{{{{userId}}}}", "}"),
        ("{{a {{{userId}}} }}", "{{a u-1 }}"),
    ],
)
def test_a_template_is_filled_from_the_event(template: str, text: str) -> None:
    assert value_of({"@template": template}) == text


@pytest.mark.parametrize("template", ["{{sly}}", "{{{sly}}}", "{{{sly}}} {{sly}}"])
def test_what_an_event_puts_into_a_template_is_no_template(template: str) -> None:
    assert "u-1" not in str(value_of({"@template": template}))


@pytest.mark.parametrize("literal", [1, "{{event}}", None, False, [1], {"a": {"b": []}}])
def test_a_literal_is_itself(literal: Json) -> None:
    assert value_of({"@literal": literal}) == literal


def test_directives_inside_a_literal_run() -> None:
    assert value_of({"@literal": {"id": {"@path": "$.userId"}}}) == {"id": "u-1"}


@pytest.mark.parametrize(
    ("place", "branch"),
    [
        ("$.userId", "then"),
        ("$.zero", "then"),
        ("$.empty", "then"),
        ("$.nothing", "else"),
        ("$.missing", "else"),
    ],
)
def test_if_asks_whether_something_exists(place: str, branch: str) -> None:
    choice: Json = {"exists": {"@path": place}, "then": "then", "else": "else"}
    assert value_of({"@if": choice}) == branch


def test_if_without_the_chosen_branch_leaves_the_field_out() -> None:
    assert value_of({"@if": {"exists": {"@path": "$.missing"}, "then": 1}}) == "absent"
    assert value_of({"@if": {"exists": {"@path": "$.userId"}, "else": 1}}) == "absent"


def test_then_and_else_may_be_falsy() -> None:
    exists: Json = {"@path": "$.userId"}
    missing: Json = {"@path": "$.missing"}
    falsy: list[Json] = [None, 0, "", False]
    assert [value_of({"@if": {"exists": exists, "then": value}}) for value in falsy] == falsy
    assert [value_of({"@if": {"exists": missing, "else": value}}) for value in falsy] == falsy


def test_what_exists_and_what_then_gives_may_look_alike_to_python() -> None:
    assert value_of({"@if": {"exists": 1, "then": True}}) is True


def test_an_empty_list_or_object_is_an_else() -> None:
    missing: Json = {"@path": "$.missing"}
    assert value_of({"@if": {"exists": missing, "else": []}}) == []
    assert value_of({"@if": {"exists": missing, "else": {}}}) == {}


def test_the_first_that_exists_is_taken() -> None:
    def first_of(first: str, second: str) -> Json:
        taken: Json = {"@path": first}
        return value_of({"@if": {"exists": taken, "then": taken, "else": {"@path": second}}})

    assert first_of("$.userId", "$.event") == "u-1"
    assert first_of("$.zero", "$.event") == 0
    assert first_of("$.nothing", "$.event") == "Order Completed"
    assert first_of("$.missing", "$.gone") == "absent"
