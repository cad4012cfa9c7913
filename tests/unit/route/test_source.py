"""Schema filters: what a source keeps from all its connections (domain section 11)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from headgate.route import Router, SourceRules
from headgate.store.snapshot import Schema
from tests.unit.route.events import ORDER, decided
from tests.unit.store.snapshots import SUBSCRIPTION, connection, source

EVERYTHING = {"subscriptions": (msgspec.structs.replace(SUBSCRIPTION, trigger="all"),)}
IDENTIFY: dict[str, Any] = {
    "type": "identify",
    "messageId": "m",
    "traits": {"email": "a@b.test", "ssn": "078"},
    "context": {"traits": {"ssn": "078", "plan": "pro"}},
}


def test_a_blocked_track_event_goes_nowhere() -> None:
    schema = Schema(blocked_events=("Order Completed",))
    assert decided(ORDER, schema).rule == "schema_blocked"
    assert decided({**ORDER, "event": "order completed"}, schema).rule == "", "letter for letter"
    named = {"type": "page", "name": "Order Completed", "event": "Order Completed"}
    assert decided(named, schema, **EVERYTHING).rule == "", "only track calls are events"


@pytest.mark.parametrize("call", ["page", "screen"])
def test_a_blocked_call_goes_nowhere(call: Any) -> None:
    schema = Schema(blocked_calls=(call,))
    for each in ("page", "screen", "track"):
        event = {"type": each, "event": call, "messageId": "m"}
        assert (decided(event, schema, **EVERYTHING).rule == "schema_blocked") is (each == call)


@pytest.mark.parametrize("name", [None, [], {}, 7, ["Order Completed"]])
def test_a_name_of_any_shape_breaks_nothing(name: Any) -> None:
    toggles = {"Order Completed": {"Webhook": False}}
    schema = Schema(blocked_events=("Order Completed",), integrations=toggles)
    assert decided({**ORDER, "event": name}, schema).rule == ""


def test_omitted_traits_are_taken_out_of_the_call_that_sets_them() -> None:
    schema = Schema(omitted_traits={"identify": ("ssn",), "group": ("size",)})
    decision = decided(IDENTIFY, schema, **EVERYTHING)
    assert decision.event == {
        "type": "identify",
        "messageId": "m",
        "traits": {"email": "a@b.test"},
        "context": {"traits": {"plan": "pro"}},
    }
    assert IDENTIFY["traits"]["ssn"] == "078", "the event itself stays"
    group = {"type": "group", "traits": {"size": 7, "ssn": 1}}
    event = decided(group, schema, **EVERYTHING).event
    assert event is not None
    assert event["traits"] == {"ssn": 1}
    track = {**ORDER, "context": IDENTIFY["context"]}
    assert decided(track, schema).event is None, "of other calls a filter takes them out"


def test_a_source_judges_an_event_once_for_all_its_connections() -> None:
    rules = SourceRules(source(schema=Schema(omitted_traits={"identify": ("ssn",)})))
    routers = [Router(connection(number, **EVERYTHING), rules) for number in (1, 2)]
    first, second = [each.decide(IDENTIFY).event for each in routers]
    assert first is second is not None
    other = {**IDENTIFY, "traits": {}}
    changed = [each.decide(event).event for event in (other, IDENTIFY) for each in routers]
    assert [None if each is None else each.get("traits") for each in changed] == [
        {},
        {},
        {"email": "a@b.test"},
        {"email": "a@b.test"},
    ]


def test_the_schema_comes_before_everything_else() -> None:
    schema = Schema(blocked_events=("Order Completed",))
    said = {
        **ORDER,
        "integrations": {"All": False},
        "_metadata": {"bundled": ["Webhook"]},
        "context": {"consent": {}},
    }
    assert decided(said, schema, consent=["ads"]).rule == "schema_blocked"
    assert decided(said, consent=["ads"]).rule == "sent_client_side"
