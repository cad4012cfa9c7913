"""What became of every delivery, as its receiver and the commits tell it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from headgate.deliver.claiming import WAITS
from tests.simulation.history import Broken
from tests.simulation.receiver import Owed

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from headgate.ledger.port import Attempt, Tick


class Sent(NamedTuple):
    """A delivery, and which of its repetitions on request: 0 for none."""

    owed: Owed
    again: int = 0


class Moment(NamedTuple):
    """Wall time in ms, as the highest anyone was told, and seconds that never jump."""

    wall: int
    seconds: float


@dataclass
class Fate:
    """`sent` until its result is committed; then `parked`, `split`, or `ended` as `cls`.

    `lost` when a crash took the process, or power the result, before it was kept: then it may be
    sent again, as after a split. `lane` is who sends it, once that is known.
    """

    state: str = "new"
    sends: int = 0
    due_at: int = 0
    cls: str = ""
    lane: int = 0
    failed_at: float | None = None
    """Seconds when the answer came by which it first failed, if it did."""
    request: int = 0


@dataclass
class Fates:
    """Invariant 6 of data-path section 8: `slots` requests of a gate can be lost at once."""

    slots: int
    loose: Container[int] = ()
    """Lanes in which what waits may end without an attempt."""
    repeats: int = 0
    of: dict[Sent, Fate] = field(default_factory=dict)
    ends: defaultdict[tuple[int, int], dict[str, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """(lane, position) -> subscription -> the class that its delivery ended in."""
    _flying: defaultdict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    """Connection -> request -> how many of its results are not committed."""
    _answered: dict[int, float] = field(default_factory=dict)
    """Request -> seconds of its answer, until its results are committed."""
    _since: list[list[Callable[[], None]]] = field(default_factory=list)
    """How to take back each commit since the last sync."""

    def flying(self, connection: int) -> int:
        return len(self._flying[connection])

    def send(self, sent: Sent, request: int, now: Moment, *, is_asked: bool) -> Fate:
        """It arrived; `is_asked` when a replay may send what has ended.

        It may do so before that is committed, if what waited was skipped.
        """
        fate = self.of.setdefault(sent, Fate())
        is_over = fate.state == "ended" and not (is_asked and fate.cls != "delivered")
        if is_over or fate.state == "sent":
            raise Broken(f"{sent} was sent again when it was {fate.state} {fate.cls}")
        is_early = fate.state == "parked" and now.wall < fate.due_at
        if is_early and not (is_asked and fate.lane in self.loose):
            raise Broken(f"{sent} was sent {fate.due_at - now.wall} ms too early")
        self.repeats += fate.state == "lost"
        if fate.state == "ended":
            fate.lane = 0
        fate.state, fate.sends, fate.request = "sent", fate.sends + 1, request
        flying = self._flying[sent.owed.connection]
        flying[request] = flying.get(request, 0) + 1
        if len(flying) > self.slots:
            raise Broken(f"{len(flying)} results of {sent.owed.connection} could be lost at once")
        return fate

    def answered(self, request: int, seconds: float) -> None:
        self._answered[request] = seconds

    def begin(self) -> None:
        self._since.append([])

    def settle(self, sent: Sent, attempt: Attempt, tick: Tick) -> None:
        """The result of an attempt is committed, and what followed from it."""
        fate = self.of[sent]
        if fate.state != "sent":
            raise Broken(f"{sent} has a result when it was {fate.state}")
        if fate.lane not in {0, attempt.lane} and fate.lane not in self.loose:
            raise Broken(f"{sent} waits in lane {fate.lane}, and lane {attempt.lane} sent it")
        answered_at = self._answered[fate.request]
        self._lands(sent.owed.connection, fate.request)
        place = (attempt.lane, attempt.partition, attempt.position, attempt.subscription)
        parked = {row[:4]: row for row in tick.parked}.get(place)
        is_dead = any(row[:4] == place for row in tick.dead)
        at = (attempt.lane, attempt.position)
        if attempt.outcome != "delivered" and fate.failed_at is None:
            fate.failed_at = answered_at
        if parked is not None:
            fate.state, fate.lane = "parked", attempt.lane
            fate.due_at = 0 if parked.reason == WAITS else parked.due_at
        elif attempt.batch_id and attempt.outcome == "discard" and not is_dead:
            fate.state = "split"
        else:
            fate.state, fate.lane = "ended", 0
            fate.cls = "dead_lettered" if is_dead else attempt.outcome
            self.ends[at][attempt.subscription] = fate.cls

        def undo() -> None:
            fate.state, fate.lane = "lost", 0
            self.ends[at].pop(attempt.subscription, None)

        self._since[-1].append(undo)

    def _lands(self, connection: int, request: int) -> None:
        flying = self._flying[connection]
        flying[request] -= 1
        if not flying[request]:
            del flying[request], self._answered[request]

    def drop(self, sent: Sent, lane: int) -> None:
        """What waited in a lane was given up without an attempt, and that is committed."""
        fate = self.of.get(sent)
        if fate is None or fate.state != "parked" or fate.lane != lane:
            return
        fate.state, fate.cls, fate.lane = "ended", "discarded", 0

        def undo() -> None:
            fate.state, fate.lane = "parked", lane

        self._since[-1].append(undo)

    def reopen(self, sent: Sent, lane: int, position: int, due_at: int) -> None:
        """Somebody asked for a dead letter, and that is committed."""
        fate = self.of[sent]
        before = (fate.state, fate.cls, fate.lane)
        if fate.state != "ended":
            raise Broken(f"{sent} was redriven when it was {fate.state}")
        fate.state, fate.due_at, fate.lane = "parked", due_at, lane
        cls = self.ends[lane, position].pop(sent.owed.subscription)

        def undo() -> None:
            fate.state, fate.cls, fate.lane = before
            self.ends[lane, position][sent.owed.subscription] = cls

        self._since[-1].append(undo)

    @property
    def is_unsynced(self) -> bool:
        return bool(self._since)

    def synced(self) -> None:
        self._since.clear()

    def killed(self) -> None:
        """Nothing that was committed is lost; what was under way is."""
        flying = {request for each in self._flying.values() for request in each}
        for fate in self.of.values() if flying else ():
            if fate.state == "sent":
                fate.state = "lost"
        self._flying.clear()
        self._answered.clear()

    def lost_power(self, kept: int) -> None:
        """Of the commits since the last sync only `kept` are left."""
        self.killed()
        for undos in reversed(self._since[kept:]):
            for undo in reversed(undos):
                undo()
        self._since.clear()
