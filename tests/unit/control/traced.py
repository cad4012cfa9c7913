"""A lane and what is on record of one message, for the tests of what a trace says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate.control.observing.traces import Trace, Way, trace
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import (
    REPLAY_LANES,
    Attempt,
    DeadLetter,
    LaneRow,
    OpenRow,
    ParkedRow,
    PlaceRow,
    Tick,
)
from headgate.ledger.ranges import pack
from headgate.log.port import Found, Position, Verdict
from headgate.store.errors import SnapshotUnknown
from headgate.store.snapshot import Snapshot
from tests.simulation.setting import ready, snapshot
from tests.unit.deliver.lanes import JOINED, NOW, SOURCE, live

if TYPE_CHECKING:
    from collections.abc import Sequence

AT, END = 5, 9
LIVE = JOINED.number
REPLAY = REPLAY_LANES + 1
MOST = "most"
CONNECTION = ready(JOINED).connection


class Copies:
    """A log that holds copies of one message, which `most` wants."""

    def __init__(self, *copies: Found) -> None:
        stored = live(AT)
        event = Found(0, Position(AT), SOURCE, Verdict.LIVE, NOW, stored)
        self._copies = copies or (event,)

    async def find(self, _: str) -> Sequence[Found]:
        return self._copies


class Kept:
    """Older configurations."""

    def __init__(self, *snapshots: Snapshot) -> None:
        self._kept = {each.version: each for each in snapshots}

    def at(self, version: int) -> Snapshot:
        if version not in self._kept:
            raise SnapshotUnknown(f"no snapshot of version {version}")
        return self._kept[version]


def configured(version: int = 1, **changes: Any) -> Snapshot:
    """What `JOINED` is configured as, with changes to the connection."""
    connection = msgspec.structs.replace(CONNECTION, **changes)
    return Snapshot(version, snapshot([JOINED]).sources, {LIVE: connection})


def without(version: int = 2) -> Snapshot:
    """The connection is deleted."""
    return Snapshot(version, snapshot([JOINED]).sources, {})


def lane(number: int = LIVE, *, state: str = "running", reason: str = "") -> LaneRow:
    kind = ("live", "") if number == LIVE else ("replay", "rpl_1")
    return LaneRow(number, LIVE, "ws", LIVE, SOURCE, *kind, state, reason)


def place(
    cursor: int = END, number: int = LIVE, done: tuple[tuple[int, int], ...] = ()
) -> PlaceRow:
    return PlaceRow(number, 0, 0, 0, None, cursor, pack(cursor, [*done]))


def attempt(
    status: int = 200, *, lane: int = LIVE, at: int = NOW, version: int = 1, **more: Any
) -> Attempt:
    outcome = "delivered" if status == 200 else "retry"
    made = Attempt(0, AT, lane, MOST, 0, at, 7, status, outcome, "", version)
    return made._replace(**more)


def parked(reason: str = "http_503") -> ParkedRow:
    return ParkedRow(LIVE, 0, AT, MOST, "ann", NOW + 2000, NOW, 1, 503, reason)


def letter(number: int = LIVE) -> DeadLetter:
    return DeadLetter(number, 0, AT, MOST, "Seen-id", SOURCE, b"", "http_400", 400, 1, NOW)


def opened(number: int = LIVE) -> OpenRow:
    return OpenRow(number, 0, AT, (), (MOST,), "delivered")


def ledger(*ticks: Tick, state: LaneRow | None = None, at: PlaceRow | None = None) -> MemoryLedger:
    """One whose live lane has passed the message, unless it is told otherwise."""
    made = MemoryLedger()
    made.commit(Tick(lanes=[state or lane()], places=[at or place()]))
    for tick in ticks:
        made.commit(tick)
    return made


async def traced(
    of: MemoryLedger,
    *copies: Found,
    now: Snapshot | None = None,
    kept: Sequence[Snapshot] = (),
) -> Trace:
    now = now or configured()
    return await trace(Copies(*copies), of, Kept(*kept), now, "Seen-id")  # type: ignore[arg-type]


async def way(of: MemoryLedger, *copies: Found, **more: Any) -> Way:
    (found,) = (await traced(of, *copies, **more)).deliveries
    return found


def tallied(cls: str, *reasons: str, number: int = LIVE) -> Tick:
    tick = Tick()
    for reason in reasons:
        tick.tally(number, cls, reason)
    return tick


AHEAD = place(cursor=AT)
