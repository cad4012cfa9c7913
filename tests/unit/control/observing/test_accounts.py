"""The account holds for every kind of lane, and sources without one are not forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from headgate.control.observing.accounts import Account, accounts
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import REPLAY_LANES, LaneRow, PlaceRow, Tick
from headgate.store.snapshot import Snapshot
from tests.simulation.setting import Joined, snapshot
from tests.unit.control.recorded import Recorded, live_lane

if TYPE_CHECKING:
    from typing import Any

TRACK = {"type": "track", "event": "Paid", "userId": "u"}
NOW = snapshot([Joined(1, 1, {"all": frozenset({"Paid"})})])


def disabled() -> Snapshot:
    connection = msgspec.structs.replace(NOW.connections[1], enabled=False)
    return Snapshot(1, NOW.sources, {1: connection})


class Told:
    """Ten events of a source, and the lanes that a test gives it."""

    def __init__(self) -> None:
        self.recorded, self.ledger = Recorded(), MemoryLedger()
        self.positions: list[int] = []

    async def ten(self) -> None:
        for _ in range(5):
            self.positions += await self.recorded.append(TRACK, TRACK)

    def replay(self, start: int, stop: int, cursor: int, **changed: Any) -> None:
        row = LaneRow(REPLAY_LANES + 3, 1, "ws", 1, 1, "replay", "rpl_3")
        base = sum(position < start for position in self.positions)
        place = PlaceRow(row.lane, 0, start, base, stop, cursor, b"")
        self.ledger.commit(Tick(lanes=[row], places=[place]))
        self.ledger.commit(Tick(lanes=[row._replace(**changed)]))

    def tally(self, lane: int, **classes: int) -> None:
        tick = Tick()
        for cls, n in classes.items():
            tick.tally(lane, cls, "")
            tick.tally(lane, cls, "", n - 1)
        self.ledger.commit(tick)

    async def rows(self, now: Snapshot = NOW, *, ended: bool = False) -> list[Account]:
        return await accounts(self.recorded.log, self.ledger, now, ended=ended)


@pytest.fixture
async def told() -> Told:
    told = Told()
    await told.ten()
    return told


async def test_a_replay_has_an_account_of_its_own_that_ends_at_its_stop(told: Told) -> None:
    start, stop = told.positions[2], told.positions[7]
    live_lane(told.ledger, 0, told.positions[-1] + 1, opened=())
    told.tally(1, delivered=10)
    told.replay(start, stop, told.positions[4])
    told.tally(REPLAY_LANES + 3, delivered=2)
    live, replay = await told.rows()
    assert (live.kind, live.received, live.balance, live.replay) == ("live", 10, 0, None)
    assert (replay.kind, replay.received, replay.delivered) == ("replay", 5, 2)
    assert (replay.pending, replay.balance, replay.replay) == (3, 0, "rpl_3")


async def test_a_lost_mark_shows_in_the_balance_of_a_replay(told: Told) -> None:
    told.replay(told.positions[2], told.positions[7], told.positions[4])
    told.tally(REPLAY_LANES + 3, delivered=1)
    replay, _ = await told.rows()
    assert replay.balance == 1


async def test_replays_that_have_ended_are_shown_on_demand(told: Told) -> None:
    stop = told.positions[7]
    live_lane(told.ledger, 0, told.positions[-1] + 1, opened=())
    told.replay(0, stop, stop, state="ended")
    told.tally(REPLAY_LANES + 3, delivered=7)
    assert [row.kind for row in await told.rows()] == ["live"]
    _, replay = await told.rows(ended=True)
    assert (replay.state, replay.received, replay.pending, replay.balance) == ("ended", 7, 0, 0)


async def test_a_paused_lane_says_by_what(told: Told) -> None:
    live_lane(told.ledger, 0, told.positions[3], opened=())
    row = LaneRow(1, 1, "ws", 1, 1, state="paused", reason="refused")
    told.ledger.commit(Tick(lanes=[row]))
    (paused,) = await told.rows()
    assert (paused.state, paused.paused, paused.pending) == ("paused", "refused", 7)


async def test_a_source_is_told_of_when_none_of_its_connections_is_enabled(told: Told) -> None:
    """It is so with a lane that is held, and with a replay that goes on meanwhile."""
    live_lane(told.ledger, 0, told.positions[3], opened=())
    told.ledger.commit(Tick(lanes=[LaneRow(1, 1, "ws", 1, 1, state="held", reason="disabled")]))
    told.replay(0, told.positions[7], 0)
    held, replay, source = await told.rows(disabled())
    assert (held.state, held.paused, held.received) == ("held", None, 10)
    assert replay.state == "running"
    assert (source.connection, source.received, source.state) == (None, 10, None)
    assert source.balance is source.delivered is None


async def test_a_lane_that_cannot_run_now_serves_its_source_all_the_same(told: Told) -> None:
    """Its connection is enabled: a line without a connection would say that nobody owes."""
    live_lane(told.ledger, 0, told.positions[3], opened=())
    told.ledger.commit(Tick(lanes=[LaneRow(1, 1, "ws", 1, 1, state="held", reason="invalid")]))
    (held,) = await told.rows()
    assert (held.connection, held.state) == ("hook-1", "held")
