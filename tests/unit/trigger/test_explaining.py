from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate import trigger
from headgate.trigger import TriggerError
from tests.conformance import fql_texts
from tests.unit.trigger.samples import EVENT

if TYPE_CHECKING:
    from headgate.trigger import Explanation, Mode


def explained(text: str, mode: Mode = "strict") -> Explanation:
    return trigger.compile(text, mode).explain(EVENT)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("all", "It matches: `all` is true."),
        ('type = "track"', 'It matches: `type = "track"` is true (type is "track").'),
        (
            'type = "track" and properties.total > 50 and properties.count = 9',
            "It does not match: `properties.total > 50` is false (properties.total is 27.5).",
        ),
        (
            'type = "page" or properties.vip or all',
            "It matches: `properties.vip` is true (properties.vip is true).",
        ),
        (
            'type = "page" or properties.tags = 5',
            (
                'It does not match: `type = "page"` is false (type is "track");'
                " `properties.tags = 5` is false (properties.tags is a list of 3)."
            ),
        ),
        (
            'properties.plan > 5 and type = "track"',
            'It does not match: `properties.plan > 5` cannot be told (properties.plan is "pro").',
        ),
        (
            '!(type = "track" or contains(event, "x"))',
            'It does not match: `type = "track"` is true, and it is negated (type is "track").',
        ),
        (
            '!contains(lowercase(event), "x")',
            (
                'It matches: `contains(lowercase(event), "x")` is false, and it is negated'
                ' (event is "Order Completed").'
            ),
        ),
        (
            "properties.address = properties.missing",
            (
                "It does not match: `properties.address = properties.missing` is false"
                " (properties.address is an object of 2, properties.missing is missing or null)."
            ),
        ),
        (
            "all and all and all and all",
            "It matches: `all` is true; `all` is true; `all` is true; and 1 more.",
        ),
    ],
)
def test_a_sentence_tells_what_decided(text: str, sentence: str) -> None:
    assert explained(text).sentence == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'foo = 1 and !contains(event, "x") and (type = "page" or userId = null)',
            (
                'It does not match: `type = "page"` is false (type is "track");'
                ' `userId = null` is false (userId is "u-1").'
            ),
        ),
        ('() or type = "track"', "It does not match: `()` cannot be told."),
        (
            'match(properties.plan, "p*") or all',
            'It matches: `match(properties.plan, "p*")` is true (properties.plan is "pro").',
        ),
        (
            "properties.toString = null",
            (
                "It does not match: `properties.toString = null` is false"
                " (properties.toString is what every object has)."
            ),
        ),
    ],
)
def test_a_sentence_tells_what_decided_at_segment(text: str, sentence: str) -> None:
    assert explained(text, "compatible").sentence == sentence


def test_a_clause_has_its_place_in_the_text() -> None:
    (clause,) = explained('type = "track" and !(user_id = "u-1")').clauses
    assert (clause.text, clause.start, clause.end) == ('user_id = "u-1"', 21, 36)
    assert (clause.negated, clause.state) == (True, "true")
    assert [(each.place, each.value) for each in clause.found] == [("userId", '"u-1"')]


def test_a_clause_behind_astral_characters_has_its_place_too() -> None:
    text = 'event != "😀😀" and type = "page"'
    (clause,) = explained(text, "compatible").clauses
    assert clause.text == text[clause.start : clause.end] == 'type = "page"'


def test_any_number_can_be_shown() -> None:
    for number, shown in ((10**400, "Infinity"), (2.50, "2.5"), (-3, "-3")):
        (clause,) = trigger.compile('event = "x"').explain({"event": number}).clauses
        assert clause.found[0].value == shown


def test_long_values_are_cut() -> None:
    explanation = trigger.compile('event = "x"').explain({"event": "secret " * 1000})
    assert len(explanation.sentence) < 150
    assert explanation.clauses[0].found[0].value == f'"{("secret " * 6)[:40]}…"'


@settings(deadline=None)
@given(fql_texts.queries(), st.lists(fql_texts.events(), min_size=1, max_size=2))
def test_an_explanation_agrees_with_the_match(text: str, events: list[dict[str, Any]]) -> None:
    for mode in ("strict", "compatible"):
        try:
            compiled = trigger.compile(text, mode)
        except TriggerError:
            continue
        for event in events:
            explanation = compiled.explain(event)
            assert explanation.matches is compiled.matches(event)
            assert explanation.clauses
            for clause in explanation.clauses:
                assert clause.text == text[clause.start : clause.end] != ""
