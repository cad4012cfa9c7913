"""The ledger in memory: the twin of the SQLite one, with its model of crashes."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headgate.ledger.port import (
    Attempt,
    DeadLetter,
    Held,
    LaneAccount,
    LaneRow,
    Ledger,
    LedgerReader,
    LedgerUnavailable,
    OpenRow,
    ParkedRow,
    PlaceRow,
    SeriesKey,
    Switch,
    Tick,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class _Tables:
    lanes: dict[int, LaneRow] = field(default_factory=dict)
    places: dict[tuple[int, int], PlaceRow] = field(default_factory=dict)
    switches: dict[tuple[int, int, int], Switch] = field(default_factory=dict)
    tallies: dict[tuple[int, str, str], int] = field(default_factory=dict)
    opened: dict[tuple[int, int, int], OpenRow] = field(default_factory=dict)
    parked: dict[tuple[int, int, int, str], ParkedRow] = field(default_factory=dict)
    dead: list[DeadLetter] = field(default_factory=list)
    series: dict[SeriesKey, list[int]] = field(default_factory=dict)
    attempts: dict[tuple[int, int, int, str], list[Attempt]] = field(default_factory=dict)


class MemoryLedger(Ledger, LedgerReader):
    """`Ledger` and `LedgerReader` in one object.

    `kill()` keeps every commit, as the kernel keeps what a dead process wrote; `power_loss(n)`
    keeps what was synced and `n` commits after it, as a WAL is recovered to a prefix.
    """

    def __init__(self) -> None:
        self._now = _Tables()
        self._history: list[_Tables] = [copy.deepcopy(self._now)]
        self._synced = 0
        self.failing = False
        """Refuse commits, as a full disk does."""

    def held(self) -> Held:
        now = self._now
        return Held(
            list(now.lanes.values()),
            list(now.places.values()),
            sorted(now.opened.values(), key=lambda row: row.position),
            sorted(now.parked.values(), key=lambda row: row.due_at),
        )

    def may_commit(self) -> bool:
        return True

    def commit(self, tick: Tick) -> None:
        self._record(tick.attempts)
        if self.failing:
            raise LedgerUnavailable("the disk is full")
        now = self._now
        now.lanes.update((row.lane, row) for row in tick.lanes)
        for place in tick.places:
            before = now.places.get((place.lane, place.partition), place)
            now.places[place.lane, place.partition] = place._replace(
                start=before.start, base=before.base
            )
        now.switches.update((row[:3], row) for row in tick.switches)
        for key, n in tick.tallies.items():
            now.tallies[key] = now.tallies.get(key, 0) + n
        now.opened.update((row[:3], row) for row in tick.opened)
        for closed in tick.closed:
            now.opened.pop(closed, None)
        now.parked.update((row[:4], row) for row in tick.parked)
        for unparked in tick.unparked:
            now.parked.pop(unparked, None)
        now.dead.extend(tick.dead)
        self._count(tick)
        self._history.append(copy.deepcopy(now))

    def _record(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            key = (attempt.partition, attempt.position, attempt.lane, attempt.subscription)
            self._now.attempts.setdefault(key, []).append(attempt)

    def _count(self, tick: Tick) -> None:
        for key, counts in tick.series.items():
            before = self._now.series.get(key, [0] * len(counts))
            self._now.series[key] = [a + b for a, b in zip(before, counts, strict=True)]

    def sync(self) -> None:
        self._synced = len(self._history) - 1

    def kill(self) -> None:
        """The process dies; the kernel does not."""

    @property
    def unsynced(self) -> int:
        """How many commits power loss may take."""
        return len(self._history) - 1 - self._synced

    def power_loss(self, kept: int) -> None:
        """Go back to the synced state and `kept` commits after it."""
        self._history = self._history[: self._synced + kept + 1]
        self._now = copy.deepcopy(self._history[-1])
        self._synced = len(self._history) - 1

    def close(self) -> None:
        self.sync()

    def accounts(self) -> Sequence[LaneAccount]:
        return [self._account(lane) for lane in self._now.lanes.values()]

    def _account(self, row: LaneRow) -> LaneAccount:
        now, lane = self._now, row.lane
        return LaneAccount(
            row,
            [place for place in now.places.values() if place.lane == lane],
            [(cls, reason, n) for (of, cls, reason), n in now.tallies.items() if of == lane],
            sum(of == lane for of, _, _ in now.opened),
        )

    def switches(self, lane: int) -> Sequence[Switch]:
        return sorted(row for row in self._now.switches.values() if row.lane == lane)

    def parked(self, lane: int, position: int) -> Sequence[ParkedRow]:
        rows = self._now.parked.values()
        return [row for row in rows if row.lane == lane and row.position == position]

    def opened(self, lane: int, position: int) -> OpenRow | None:
        return self._now.opened.get((lane, 0, position))

    def dead_letters(self, lane: int, position: int) -> Sequence[DeadLetter]:
        return [row for row in self._now.dead if row.lane == lane and row.position == position]

    def attempts(self, lane: int, position: int) -> Sequence[tuple[int, Attempt]]:
        tries = [
            attempt
            for (_, at, of, _), attempts in self._now.attempts.items()
            if at == position and of == lane
            for attempt in attempts
        ]
        return list(enumerate(tries, start=1))
