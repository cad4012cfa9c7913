"""When a trigger surely does not match, and which calls it could match at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from headgate import trigger
from headgate.events.calls import CALLS
from headgate.trigger import strict
from headgate.trigger.errors import TriggerError
from tests.unit.route.events import EVENTS
from tests.unit.trigger.trees import conditions

EVENT: dict[str, Any] = {"type": "track", "properties": {"n": 7, "text": "x", "yes": True}}


@pytest.mark.parametrize(
    ("text", "matches", "fails"),
    [
        ("all", True, False),
        ("properties.n < 5", False, True),
        ("properties.n > 5", True, False),
        ("properties.text < 5", False, False),
        ("properties.none < 5", False, False),
        ("properties.none", False, True),
        ("null", False, True),
        ("properties.text", False, False),
        ("properties.yes", True, False),
        ('type = "page" and properties.text < 5', False, True),
        ('type = "track" or properties.text < 5', True, False),
        ("!(properties.text < 5)", False, False),
    ],
)
def test_a_trigger_matches_fails_or_cannot_tell(text: str, *, matches: bool, fails: bool) -> None:
    assert trigger.compile(text).matches(EVENT) is matches
    assert trigger.opposite(text)(EVENT) is fails


@given(conditions, EVENTS)
def test_a_trigger_never_both_matches_and_fails(condition: Any, event: Any) -> None:
    text = strict.write(condition)
    matches, fails = trigger.compile(text).matches(event), trigger.opposite(text)(event)
    assert not (matches and fails)
    assert trigger.opposite(f"!({text})")(event) >= matches, "who matches fails the opposite"


@given(conditions, EVENTS)
def test_a_call_that_a_trigger_cannot_match_it_never_matches(condition: Any, event: Any) -> None:
    compiled = trigger.compile(strict.write(condition))
    if compiled.matches(event):
        assert event["type"] in compiled.types()


@pytest.mark.parametrize("mode", ["strict", "compatible"])
@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ('type = "track"', {"track"}),
        ('type != "track"', {*CALLS} - {"track"}),
        ('type = "track" or type = "page"', {"track", "page"}),
        ('type = "track" and event = "A"', {"track"}),
        ('event = "A"', {*CALLS}),
        ('type = "trak"', set()),
    ],
)
def test_the_calls_of_a_trigger_are_read_from_it(mode: Any, text: str, calls: set[str]) -> None:
    assert trigger.compile(text, mode).types() == calls


def test_what_cannot_be_read_has_no_opposite() -> None:
    with pytest.raises(TriggerError):
        trigger.opposite("type = ")
