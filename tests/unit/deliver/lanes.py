"""Lanes, frames and deliveries for the tests of what settles them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from headgate.deliver.events import Event, Events
from headgate.deliver.gate import Gate
from headgate.deliver.owed import Delivery
from headgate.deliver.retry_policy import Next
from headgate.deliver.taking_over import taken_over
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import LaneRow, PlaceRow, Tick
from headgate.log.port import FrameKind, Position, Record, Rejection, Stored, Verdict
from headgate.policy import DeliveryPolicy
from tests.simulation.setting import Joined, ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.route import Router

LANE, SOURCE = 1, 7
NOW = 1_790_000_000_000
JOINED = Joined(
    LANE, SOURCE, {"most": frozenset({"Paid", "Seen"}), "paid": frozenset({"Paid", "Bought"})}
)


def router() -> Router:
    """`Paid` is wanted twice, `Seen` by most, `Bought` by paid, and anything else by nobody."""
    return ready(JOINED).router


@dataclass(frozen=True)
class Made:
    """A frame of the log as tests want it."""

    stored: tuple[Stored, ...]
    partition: int = 0
    kind: FrameKind = FrameKind.EVENTS
    appended_at: int = NOW
    received_min: int = NOW
    received_max: int = NOW
    size: int = 100

    @property
    def first(self) -> Position:
        return self.stored[0].position

    @property
    def next(self) -> Position:
        return Position(self.stored[-1].position + 1)

    @property
    def counts(self) -> Mapping[int, int]:
        return {SOURCE: sum(each.verdict is not Verdict.DUPLICATE for each in self.stored)}

    def events(self, sources: frozenset[int] | None = None) -> Sequence[Stored]:
        return self.stored if sources is None or SOURCE in sources else ()

    def rejections(self) -> Sequence[Rejection]:
        return ()

    def forget(self) -> None: ...


def record(name: str, *, user: str | None = "ann", original: bytes | None = None) -> Record:
    original = original or msgspec.json.encode({"event": name})
    return Record(SOURCE, NOW, f"{name}-id", "track", user, "anon", NOW, None, -1, original)


def live(position: int, name: str = "Seen") -> Stored:
    return Stored(Position(position), Verdict.LIVE, record(name), None)


def frame(*stored: Stored) -> Events:
    return Events(Made(stored), lambda _: None)


def names(first: int, *events: str) -> Events:
    """A frame of live events in a row."""
    return frame(*(live(first + index, name) for index, name in enumerate(events)))


class Ward:
    """A lane whose ticks go into a ledger, as the engine would have it."""

    def __init__(
        self, ledger: MemoryLedger | None = None, policy: DeliveryPolicy | None = None
    ) -> None:
        self.ledger = ledger or MemoryLedger()
        self.tick = Tick()
        if ledger is None:
            row = LaneRow(LANE, LANE, "ws", LANE, SOURCE)
            self.ledger.commit(Tick(lanes=[row], places=[PlaceRow(LANE, 0, 0, 0, None, 0, b"")]))
        (self.lane,) = taken_over(self.ledger.held(), _gate, policy or DeliveryPolicy())
        self.lane.source_id = "source-id"
        self.lane.router = router()

    def read(self, *frames: Events) -> list[Delivery]:
        """Claim whole frames; what is to be sent, in order."""
        ready: list[Delivery] = []
        for each in frames:
            self.lane.enter(each)
            while self.lane.is_inside:
                self.lane.claim(100, self.tick)
                ready += self.lane.ready
                self.lane.ready.clear()
        return ready

    def end(self, delivery: Delivery, cls: str = "delivered", reason: str = "") -> Next:
        step = Next(cls, reason, delivery.tries + 1, NOW + 2000 if cls == "parked" else 0, 503)
        return self.lane.settle(delivery, step, NOW, self.tick)

    def commit(self) -> PlaceRow:
        self.tick.places.append(self.lane.place())
        self.ledger.commit(self.tick)
        self.tick = Tick()
        (place,) = self.ledger.held().places
        return place

    def restarted(self) -> Ward:
        """What a successor of a killed process begins with."""
        return Ward(self.ledger)

    @property
    def tallies(self) -> dict[tuple[str, str], int]:
        return {(cls, reason): n for (_, cls, reason), n in self.ledger.tables.tallies.items()}


def _gate(_: int) -> Gate:
    return Gate(DeliveryPolicy(), lambda: 0.5)


def event(position: int, name: str = "Seen") -> Event:
    return Event(position, record(name), None, "source-id")
