"""A trace tells what every connection did, also of events that a mapping fails for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.traces import Way, trace
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import LaneRow, PlaceRow, Tick
from headgate.log.port import Found, Position, Verdict
from headgate.store.snapshot import Snapshot
from tests.simulation.setting import ready, snapshot
from tests.unit.deliver.lanes import JOINED, NOW, SOURCE, live

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
