"""A trace tells what every connection did, also of events that a mapping fails for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.control.observing.traces import Way, trace
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import LaneRow, PlaceRow, Tick
from headgate.log.port import Found, Position, Verdict
from headgate.store.snapshot import Schema, Snapshot
from tests.simulation.setting import ready, snapshot
from tests.unit.deliver.lanes import JOINED, NOW, SOURCE, live
from tests.unit.route.events import drop_properties, filter_
from tests.unit.store.snapshots import command

if TYPE_CHECKING:
    from collections.abc import Sequence

CANARY = "https://hooks.test/canary"


class OneMessage:
    """A log that holds one message, which most want."""

    async def find(self, message_id: str) -> Sequence[Found]:
        stored = live(3, message_id)
        return [Found(0, Position(3), SOURCE, Verdict.LIVE, NOW, stored)]


class Never:
    def at(self, version: int) -> Snapshot:
        raise AssertionError(version)


def configured(destination: str, action: str, mapping: dict[str, Any]) -> Snapshot:
    """The subscription `most` sends by this action, with this mapping."""
    now = snapshot([JOINED])
    connection = ready(JOINED).connection
    most, *_ = connection.subscriptions
    fields = {name: getattr(most, name) for name in most.__struct_fields__}
    changed = type(most)(**{**fields, "action": action, "mapping": mapping})
    fields = {name: getattr(connection, name) for name in connection.__struct_fields__}
    joined = type(connection)(**{**fields, "destination": destination, "subscriptions": (changed,)})
    return Snapshot(1, now.sources, {connection.number: joined})


async def way(destination: str, action: str, mapping: dict[str, Any]) -> Way:
    ledger = MemoryLedger()
    row = LaneRow(JOINED.number, JOINED.number, "ws", JOINED.number, SOURCE)
    place = PlaceRow(JOINED.number, 0, 0, 0, None, 0, b"")
    ledger.commit(Tick(lanes=[row], places=[place]))
    now = configured(destination, action, mapping)
    found = await trace(OneMessage(), ledger, Never(), now, "Seen")  # type: ignore[arg-type]
    (only,) = found.deliveries
    return only


async def test_a_way_shows_what_its_mapping_gives() -> None:
    told = await way("webhook", "send", {"url": "https://a.test/", "data": {"@path": "$.event"}})
    assert (told.payload, told.note) == ({"url": "https://a.test/", "data": "Seen"}, None)


@pytest.mark.parametrize("given", [CANARY, [CANARY], {"@template": f"{CANARY}/{{{{event}}}}"}])
async def test_a_way_shows_no_secret_of_its_payload(given: Any) -> None:
    told = await way("slack", "postToChannel", {"url": given, "text": "x"})
    assert told.payload == {"url": "***", "text": "x"}


async def test_a_mapping_that_fails_is_the_note_of_its_way() -> None:
    told = await way("webhook", "send", {"url": {"@replace": {"pattern": 7, "value": "x"}}})
    assert (told.connection, told.state, told.payload) == ("hook-1", "pending", None)
    assert (told.note or "").startswith("mapping_error: ")


async def test_a_destination_that_is_gone_leaves_a_way_without_payload() -> None:
    told = await way("gone-since", "send", {"key": CANARY})
    assert told.payload is None
    assert "gone-since/send is not installed" in (told.note or "")


REPLAY: dict[str, Any] = {"types": [], "filter": None, "only": "all"}

RULES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"schema": Schema(blocked_events=("Seen",))}, {}, "schema_blocked"),
    ({"schema": Schema(integrations={"Seen": {"Webhook": False}})}, {}, "schema_integration"),
    ({}, {"filters": [filter_("Nothing", 'event = "Seen"')]}, "filter: Nothing"),
    ({}, {"filters": [filter_("Cheap", "properties.price < 5")]}, "filter_error"),
]


async def told(
    source: dict[str, Any], connection: dict[str, Any], *, replayed: str = ""
) -> list[Way]:
    """The ways of one message through one lane, by a source and a connection changed so.

    `replayed` is the name of the events that a replay means; without it the lane is live.
    """
    ledger = MemoryLedger()
    kind = ("replay", "cmd_1") if replayed else ("live", "")
    row = LaneRow(JOINED.number, JOINED.number, "ws", JOINED.number, SOURCE, *kind)
    ledger.commit(Tick(lanes=[row], places=[PlaceRow(JOINED.number, 0, 0, 0, None, 0, b"")]))
    plain = snapshot([JOINED])
    now = Snapshot(
        1,
        {SOURCE: msgspec.structs.replace(plain.sources[SOURCE], **source)},
        {JOINED.number: msgspec.structs.replace(plain.connections[JOINED.number], **connection)},
        {},
        {"cmd_1": command(1, kind="replay", args={**REPLAY, "events": [replayed]})},
    )
    found = await trace(OneMessage(), ledger, Never(), now, "Seen")  # type: ignore[arg-type]
    return found.deliveries


@pytest.mark.parametrize(("source", "connection", "rule"), RULES, ids=[each[2] for each in RULES])
async def test_a_way_names_the_rule_that_kept_the_event_back(
    source: dict[str, Any], connection: dict[str, Any], rule: str
) -> None:
    (way,) = await told(source, connection)
    assert (way.decision, way.rule, way.payload) == ("filtered", rule, None)
    assert (way.note == "the condition of filter 'Cheap' cannot be told of this event") is (
        rule == "filter_error"
    )


async def test_a_payload_is_made_of_the_event_as_the_filters_left_it() -> None:
    names = filter_("Names", "all", drop_properties(**{"": ["event", "userId"]}))
    by_type = msgspec.structs.replace(
        ready(JOINED).connection.subscriptions[0], trigger='type = "track"'
    )
    plain, filtered = [
        await told({}, {"filters": filters, "subscriptions": (by_type,)})
        for filters in ([], [names])
    ]
    assert plain[0].payload["data"]["event"] == "Seen"
    assert {"event", "userId"}.isdisjoint(filtered[0].payload["data"])
    assert filtered[0].payload["data"]["type"] == "track"


async def test_a_replay_is_for_its_destination_whatever_the_schema_toggles() -> None:
    schema = {"schema": Schema(integrations={"Seen": {"Webhook": False}})}
    (way,) = await told(schema, {}, replayed="Seen")
    assert (way.decision, way.payload["data"]["integrations"]) == (
        "send",
        {"All": False, "Webhook": True},
    )
    (way,) = await told({}, {}, replayed="Other")
    assert (way.decision, way.rule) == ("filtered", "not_selected")
