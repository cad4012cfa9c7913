from __future__ import annotations

import pytest

from headgate import mapping
from headgate.mapping import (
    Json,
    Mapped,
    each,
    flatten,
    from_json,
    liquid,
    literal,
    lower,
    merge,
    path,
    read,
    replace,
    stored,
    template,
    to_json,
    transform,
    upper,
    when,
    when_filled,
    without_nulls,
)
from headgate.mapping.values import same_json


def test_expressions_translate_to_what_is_stored() -> None:
    assert path("$.userId").directive() == {"@path": "$.userId"}
    assert template("{{event}}").directive() == {"@template": "{{event}}"}
    assert literal({"a": 1}).directive() == {"@literal": {"a": 1}}


def test_or_else_is_stored_as_segments_coalesce() -> None:
    assert (path("$.a") | path("$.b")).directive() == {
        "@if": {"exists": {"@path": "$.a"}, "then": {"@path": "$.a"}, "else": {"@path": "$.b"}}
    }


def test_a_chain_of_fallbacks_grows_by_one_level_each() -> None:
    a, b, c = path("$.a"), path("$.b"), path("$.c")
    last: Json = {"exists": {"@path": "$.b"}, "then": {"@path": "$.b"}, "else": {"@path": "$.c"}}
    assert (a | b | c).directive() == {
        "@if": {"exists": {"@path": "$.a"}, "then": {"@path": "$.a"}, "else": {"@if": last}}
    }


def test_a_chain_takes_the_first_that_exists() -> None:
    mapper = mapping.compile({"out": stored(path("$.a") | path("$.b") | template("no {{c}}"))})
    assert mapper({"a": 1, "b": 2}) == {"out": 1}
    assert mapper({"a": None, "b": 2}) == {"out": 2}
    assert mapper({"c": "luck"}) == {"out": "no luck"}


def test_a_falsy_fallback_is_not_lost() -> None:
    for fallback in (0, "", False):
        mapper = mapping.compile({"out": stored(path("$.a") | fallback)})
        assert mapper({}) == {"out": fallback}
        assert mapper({"a": 5}) == {"out": 5}


def test_expressions_may_stand_anywhere_in_a_value() -> None:
    assert stored({"a": [path("$.x"), 1, {"b": literal(None)}], "c": "plain"}) == {
        "a": [{"@path": "$.x"}, 1, {"b": {"@literal": None}}],
        "c": "plain",
    }
    assert literal({"id": path("$.x")}).directive() == {"@literal": {"id": {"@path": "$.x"}}}


EXPRESSIONS: list[Mapped] = [
    path("$.a"),
    path(template("{{a}}")),
    path("$.a") | path("$.b") | 0,
    path("$.a") | lower(path("$.b")),
    template("{{a}}!"),
    literal({"id": path("$.x")}),
    when(path("$.a"), "yes"),
    when(path("$.a"), path("$.b"), {"no": path("$.c")}),
    when_filled(path("$.a"), "yes", "no"),
    each("$.items"),
    each(path("$.items"), {"id": path("$.sku")}),
    lower("A"),
    upper(path("$.a")),
    replace(path("$.a"), ".", "-"),
    replace(path("$.a"), ".", ignore_case=True, everywhere=False),
    flatten(path("$."), "_"),
    flatten(path("$."), "_", keep_lists=True),
    to_json({"a": path("$.a")}),
    from_json(path("$.a")),
    merge([{"a": 1}, path("$.b")]),
    merge([{"a": 1}, path("$.b")], first_wins=True),
    transform({"a": path("$.b")}, {"c": path("$.a")}),
    without_nulls(path("$.a")),
    liquid("{{ a | upcase }}"),
    {"deep": [path("$.a"), {"b": upper("x")}]},
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=repr)
def test_every_expression_is_read_back_and_can_be_written_down(expression: Mapped) -> None:
    assert read(stored(expression)) == expression
    assert eval(repr(expression), vars(mapping)) == expression  # noqa: S307 - our own text
    mapping.compile({"out": stored(expression)})


@pytest.mark.parametrize(
    "json",
    [
        {"@path": "$.a", "_metadata": {"label": "A"}},
        {"@if": {"exists": 1, "then": True, "else": 2}},
        {"@if": {"exists": {"@path": "a"}, "blank": 1, "then": 2}},
        {"@if": {"exists": {"@path": "a"}, "then": 1, "else": None}},
        {"@replace": {"pattern": "a", "value": "b", "pattern2": "c"}},
        {"@replace": {"pattern": "a", "value": "b", "global": True}},
        {"@flatten": {"separator": {"@path": "a"}, "value": 1}},
        {"@merge": {"objects": [], "direction": "LEFT"}},
        {"@arrayPath": []},
        {"@nope": 1},
        {"a": {"@path": 1, "b": 2}},
    ],
    ids=repr,
)
def test_what_no_expression_says_is_kept_as_it_is(json: Json) -> None:
    assert same_json(stored(read(json)), json)
