from __future__ import annotations

from headgate import mapping
from headgate.mapping import Json, literal, path, stored, template


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
