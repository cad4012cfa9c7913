"""What a trace says of replays: what they sent of a message, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.ledger.port import Tick
from headgate.store.snapshot import Snapshot
from tests.unit.control.traced import (
    AHEAD,
    AT,
    LIVE,
    REPLAY,
    attempt,
    configured,
    lane,
    ledger,
    letter,
    place,
    tallied,
    traced,
)
from tests.unit.deliver.lanes import NOW
from tests.unit.store.snapshots import command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.control.observing.traces import Way
    from headgate.ledger.memory import MemoryLedger
    from headgate.ledger.port import PlaceRow

ARGS: dict[str, Any] = {"types": [], "events": [], "filter": None, "only": "all", "again": False}


def replayed(
    *ticks: Tick, at: PlaceRow | None = None, live_at: PlaceRow | None = None, state: str = "ended"
) -> MemoryLedger:
    """One with a replay that has passed the message, unless it is told otherwise."""
    of = ledger(at=live_at)
    row = lane(REPLAY, state=state)
    of.commit(Tick(lanes=[row], places=[at or place(number=REPLAY)]))
    for tick in ticks:
        of.commit(tick)
    return of


async def of_replay(of: MemoryLedger, **args: Any) -> Way:
    asked = command(1, kind="replay", connection=LIVE, at=NOW + 50, args={**ARGS, **args})
    now = configured()
    now = Snapshot(now.version, now.sources, now.connections, {}, {"rpl_1": asked})
    (found,) = [each for each in (await traced(of, now=now)).deliveries if each.replay == "rpl_1"]
    return found


def sent() -> Tick:
    """The live lane has delivered it; a tick is for one ledger only."""
    return Tick(attempts=[attempt()])


REPLAYS: dict[str, tuple[MemoryLedger, Mapping[str, Any], tuple[str, str, str]]] = {
    "sent by it": (
        replayed(Tick(attempts=[attempt(lane=REPLAY)])),
        {},
        ("send", "", "delivered"),
    ),
    "sent again": (
        replayed(Tick(attempts=[attempt(), attempt(lane=REPLAY)])),
        {"again": True},
        ("send", "", "delivered"),
    ),
    "delivered before": (
        replayed(sent(), tallied("filtered", "already_delivered", number=REPLAY)),
        {},
        ("filtered", "already_delivered", "filtered"),
    ),
    "not asked for": (
        replayed(sent(), tallied("filtered", "already_delivered", number=REPLAY)),
        {"events": ["Other"]},
        ("filtered", "not_selected", "filtered"),
    ),
    "never failed": (
        replayed(tallied("filtered", "not_selected", number=REPLAY)),
        {"only": "failed"},
        ("filtered", "not_selected", "filtered"),
    ),
    "live owes it": (
        replayed(tallied("filtered", "still_owed", number=REPLAY), live_at=AHEAD),
        {},
        ("filtered", "still_owed", "filtered"),
    ),
    "live owed it, and gave it up": (
        replayed(Tick(dead=[letter()]), tallied("filtered", "still_owed", number=REPLAY)),
        {},
        ("filtered", "still_owed", "filtered"),
    ),
    "live owed it, and delivered it": (
        replayed(
            Tick(attempts=[attempt(at=NOW + 99)]),
            tallied("filtered", "still_owed", number=REPLAY),
        ),
        {},
        ("filtered", "still_owed", "filtered"),
    ),
    "cancelled": (
        replayed(tallied("discarded", "cancelled", number=REPLAY)),
        {},
        ("send", "", "discarded"),
    ),
    "ahead": (
        replayed(at=place(AT, REPLAY), state="running"),
        {},
        ("send", "", "pending"),
    ),
    "ahead, and delivered": (
        replayed(sent(), at=place(AT, REPLAY), state="running"),
        {},
        ("filtered", "already_delivered", "pending"),
    ),
}


@pytest.mark.parametrize("name", REPLAYS)
async def test_a_replay_says_what_it_did_and_why_not(name: str) -> None:
    of, args, expected = REPLAYS[name]
    found = await of_replay(of, **args)
    assert (found.decision, found.rule, found.state) == expected
    assert found.note is None


async def test_where_the_record_leaves_two_answers_both_are_named() -> None:
    reasons = tallied("filtered", "already_delivered", "still_owed", number=REPLAY)
    found = await of_replay(replayed(Tick(attempts=[attempt(at=NOW + 99)]), reasons))
    assert found.rule == "already_delivered"
    assert "or still owed to the live lane then" in (found.note or "")
    found = await of_replay(replayed(sent(), reasons))
    assert (found.rule, found.note) == ("already_delivered", None)


async def test_a_replay_whose_command_is_forgotten_says_so() -> None:
    ways = (await traced(replayed(sent()))).deliveries
    (found,) = [each for each in ways if each.replay]
    assert (found.decision, found.state) == ("send", "unknown")
    assert (found.note or "").startswith("what rpl_1 was asked for is no longer kept; ")
    counts = tallied("filtered", "already_delivered", "not_selected", number=REPLAY)
    ways = (await traced(replayed(sent(), counts))).deliveries
    (found,) = [each for each in ways if each.replay]
    assert (found.decision, found.rule) == ("filtered", "already_delivered or not_selected")


async def test_a_dead_letter_that_a_replay_has_delivered_since_says_so() -> None:
    of = replayed(Tick(dead=[letter()], attempts=[attempt(400), attempt(lane=REPLAY)]))
    (given_up,) = [each for each in (await traced(of)).deliveries if each.replay is None]
    assert given_up.state == "dead_lettered"
    assert given_up.note == "another lane of the connection has delivered it"
