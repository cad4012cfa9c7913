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

Key = tuple[int, int, int, str]
"""Lane, partition, position, subscription: a delivery."""


@dataclass
class Tables:
    """The rows of a ledger, by their keys."""

    lanes: dict[int, LaneRow] = field(default_factory=dict)
    places: dict[tuple[int, int], PlaceRow] = field(default_factory=dict)
    switches: dict[tuple[int, int, int], Switch] = field(default_factory=dict)
    tallies: dict[tuple[int, str, str], int] = field(default_factory=dict)
    opened: dict[tuple[int, int, int], OpenRow] = field(default_factory=dict)
    parked: dict[Key, ParkedRow] = field(default_factory=dict)
    dead: list[DeadLetter] = field(default_factory=list)
    series: dict[SeriesKey, list[int]] = field(default_factory=dict)
    attempts: dict[Key, list[tuple[int, Attempt]]] = field(default_factory=dict)

    def try_again(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            key = (attempt.lane, attempt.partition, attempt.position, attempt.subscription)
            tries = self.attempts.setdefault(key, [])
            n = max(tries[-1][0] if tries else 0, attempt.prior) + 1
            tries.append((n, attempt._replace(prior=n - 1)))

    def apply(self, tick: Tick) -> None:
        """Change everything but attempts, which are on record before."""
        for row in tick.lanes:
            before = self.lanes.get(row.lane, row)
            self.lanes[row.lane] = before._replace(
                state=row.state, reason=row.reason, epoch=row.epoch
            )
        for place in tick.places:
            first = self.places.get(place[:2], place)
            self.places[place[:2]] = place._replace(start=first.start, base=first.base)
        self.switches.update((row[:3], row) for row in tick.switches)
        for name, n in tick.tallies.items():
            self.tallies[name] = self.tallies.get(name, 0) + n
        self.opened.update((row[:3], row) for row in tick.opened)
        for closed in tick.closed:
            self.opened.pop(closed, None)
        self._park(tick)
        self._copy_records(tick)
        for key, counts in tick.series.items():
            so_far = self.series.get(key, [0] * len(counts))
            self.series[key] = [a + b for a, b in zip(so_far, counts, strict=True)]

    def _park(self, tick: Tick) -> None:
        for row in tick.parked:
            record = row.record or self._record_of(row[:4])
            self.parked[row[:4]] = row._replace(record=record)
        for letter in tick.dead:
            record = letter.record or self._record_of(letter[:4])
            self.dead.append(letter._replace(record=record))
        for unparked in tick.unparked:
            self.parked.pop(unparked, None)

    def _record_of(self, key: Key) -> bytes | None:
        row = self.parked.get(key)
        return None if row is None else row.record

    def _copy_records(self, tick: Tick) -> None:
        for record, *place in tick.records:
            for key, row in self.parked.items():
                if [*key[:3]] == place and row.record is None:
                    self.parked[key] = row._replace(record=record)
            for at, letter in enumerate(self.dead):
                if [*letter[:3]] == place and letter.record is None:
                    self.dead[at] = letter._replace(record=record)

    def with_records(self) -> list[ParkedRow | DeadLetter]:
        return [*self.parked.values(), *self.dead]


class MemoryLedger(Ledger, LedgerReader):
    """`Ledger` and `LedgerReader` in one object.

    `kill()` keeps every commit, as the kernel keeps what a dead process wrote; `power_loss(n)`
    keeps what was synced and `n` commits after it, as a WAL is recovered to a prefix.
    """

    def __init__(self) -> None:
        self._now = Tables()
        self._durable = Tables()
        self._since: list[tuple[Sequence[Attempt], Tick | None]] = []
        """What happened since the last sync; a refused tick left its attempts alone."""
        self.failing = False
        """Refuse commits, as a full disk does."""

    @property
    def tables(self) -> Tables:
        """What is committed now; only to be looked at."""
        return self._now

    def held(self) -> Held:
        now = self._now
        return Held(
            [row for _, row in sorted(now.lanes.items())],
            [row for _, row in sorted(now.places.items())],
            sorted(now.opened.values(), key=lambda row: row.position),
            sorted(now.parked.values(), key=lambda row: row.due_at),
        )

    def unrecorded(self, lane: int, partition: int, below: int) -> list[int]:
        rows = self._now.with_records()
        wanted = [row for row in rows if row[:2] == (lane, partition) and row.record is None]
        return sorted({row.position for row in wanted if row.position < below})

    def record(self, lane: int, partition: int, position: int) -> bytes | None:
        place = (lane, partition, position)
        rows = self._now.with_records()
        return next((row.record for row in rows if row[:3] == place and row.record), None)

    def may_commit(self) -> bool:
        return True

    def commit(self, tick: Tick) -> None:
        attempts, tick.attempts = tick.attempts, []
        self._now.try_again(attempts)
        if self.failing:
            self._since.append((attempts, None))
            raise LedgerUnavailable("the disk is full")
        self._now.apply(tick)
        self._since.append((attempts, tick))

    def sync(self) -> None:
        self._settle(len(self._since))

    def _settle(self, count: int) -> None:
        for attempts, tick in self._since[:count]:
            self._durable.try_again(attempts)
            if tick is not None:
                self._durable.apply(tick)
        del self._since[:count]

    def kill(self) -> None:
        """The process dies; the kernel does not."""

    @property
    def unsynced(self) -> int:
        """How many commits power loss may take."""
        return sum(tick is not None for _, tick in self._since)

    def power_loss(self, kept: int) -> None:
        """Go back to the synced state and `kept` commits after it."""
        ticks = [at for at, (_, tick) in enumerate(self._since, start=1) if tick is not None]
        self._settle(ticks[kept - 1] if kept else 0)
        self._since.clear()
        self._now = copy.deepcopy(self._durable)

    def close(self) -> None:
        self.sync()

    def accounts(self) -> Sequence[LaneAccount]:
        return [self._account(row) for _, row in sorted(self._now.lanes.items())]

    def _account(self, row: LaneRow) -> LaneAccount:
        now, lane = self._now, row.lane
        return LaneAccount(
            row,
            [place for _, place in sorted(now.places.items()) if place.lane == lane],
            [
                (cls, reason, n)
                for (of, cls, reason), n in sorted(now.tallies.items())
                if of == lane
            ],
            sum(of == lane for of, _, _ in now.opened),
        )

    def switches(self, lane: int) -> Sequence[Switch]:
        return sorted(row for row in self._now.switches.values() if row.lane == lane)

    def parked(self, lane: int, position: int) -> Sequence[ParkedRow]:
        rows = self._now.parked.items()
        return [row for key, row in sorted(rows) if key[0] == lane and key[2] == position]

    def opened(self, lane: int, position: int) -> OpenRow | None:
        return self._now.opened.get((lane, 0, position))

    def dead_letters(self, lane: int, position: int) -> Sequence[DeadLetter]:
        return [row for row in self._now.dead if row.lane == lane and row.position == position]

    def attempts(self, lane: int, position: int) -> Sequence[tuple[int, Attempt]]:
        tries = [
            each
            for (of, _, at, _), numbered in self._now.attempts.items()
            if at == position and of == lane
            for each in numbered
        ]
        return sorted(tries, key=lambda each: (each[1].at, each[0]))
