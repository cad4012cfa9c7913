"""The ledger in memory: the twin of the SQLite one, with its model of crashes."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from headgate.ledger.fates import Fate, is_before
from headgate.ledger.finding import newest
from headgate.ledger.memory_sweep import add, points, sweep
from headgate.ledger.port import (
    WAITS,
    WORST,
    Attempt,
    CommandRow,
    DeadLetter,
    Held,
    LaneAccount,
    LaneRow,
    Ledger,
    LedgerReader,
    LedgerUnavailable,
    Letter,
    OpenRow,
    ParkedRow,
    PlaceRow,
    SeriesKey,
    Share,
    Switch,
    Tick,
)
from headgate.ledger.queries import (
    AttemptFilter,
    Found,
    LetterFilter,
    Point,
    SeriesQuery,
    letter_mark,
)
from headgate.ledger.sweeping import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from headgate.ages import Ages

    Change = Callable[["Tables"], object]

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
    letters: dict[int, Letter] = field(default_factory=dict)
    series: dict[SeriesKey, list[int]] = field(default_factory=dict)
    hours: dict[SeriesKey, list[int]] = field(default_factory=dict)
    days: dict[SeriesKey, list[int]] = field(default_factory=dict)
    commands: dict[str, CommandRow] = field(default_factory=dict)
    attempts: dict[Key, list[tuple[int, Attempt]]] = field(default_factory=dict)

    @property
    def dead(self) -> list[DeadLetter]:
        return [row.letter for row in self.letters.values()]

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
            self.tally(*name, n)
        self.opened.update((row[:3], row) for row in tick.opened)
        for closed in tick.closed:
            self.opened.pop(closed, None)
        self._park(tick)
        self._bury(tick)
        self._copy_records(tick)
        self.commands.update((row.id, row) for row in tick.commands)
        for key, counts in tick.series.items():
            add(self.series, key, counts)

    def tally(self, lane: int, cls: str, reason: str, n: int) -> None:
        key = (lane, cls, reason)
        self.tallies[key] = self.tallies.get(key, 0) + n

    def _park(self, tick: Tick) -> None:
        for row in tick.parked:
            record = row.record or self._record_of(row[:4])
            self.parked[row[:4]] = row._replace(record=record)

    def _bury(self, tick: Tick) -> None:
        """What becomes of dead letters; their records come from what is parked until now."""
        for letter in tick.dead:
            record = letter.record or self._record_of(letter[:4])
            number = max(self.letters, default=0) + 1
            self.letters[number] = Letter(number, letter._replace(record=record))
        for number, at in tick.redriven:
            if number in self.letters:
                self.letters[number] = self.letters[number]._replace(redriven_at=at)
        for *place, cls, reason in tick.closings:
            for number, row in self.letters.items():
                if [*row.letter[:3]] == place:
                    closed = row._replace(closed_class=cls, closed_reason=reason)
                    self.letters[number] = closed
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
            for number, (_, letter, *_) in self.letters.items():
                if [*letter[:3]] == place and letter.record is None:
                    copied = letter._replace(record=record)
                    self.letters[number] = self.letters[number]._replace(letter=copied)

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
        self._since: list[tuple[Sequence[Attempt], Change | None]] = []
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

    def opened_row(self, lane: int, partition: int, position: int) -> OpenRow | None:
        return self._now.opened.get((lane, partition, position))

    def letters(self, which: LetterFilter) -> Sequence[Letter]:
        rows = [row for row in self._now.letters.values() if which.means(row)]
        if which.newest_first:
            rows.sort(key=letter_mark, reverse=True)
        else:
            rows.sort(key=lambda row: row.id)
        return rows[: which.limit]

    def letters_at(self, lane: int, partition: int, position: int) -> Sequence[Letter]:
        place = (lane, partition, position)
        return [row for _, row in sorted(self._now.letters.items()) if row.letter[:3] == place]

    def command(self, name: str) -> CommandRow | None:
        return self._now.commands.get(name)

    def open_positions(self, lane: int, partition: int, low: int, high: int) -> frozenset[int]:
        places = self._now.opened
        return frozenset(at for *of, at in places if of == [lane, partition] and low <= at < high)

    def done_commands(self) -> frozenset[str]:
        return frozenset(self._now.commands)

    def delivered(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        return frozenset(
            at[2:]
            for at in self._tried(lanes, partition, low, high)
            if any(each.outcome == "delivered" for _, each in self._now.attempts[at])
        )

    def tried(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        return frozenset(at[2:] for at in self._tried(lanes, partition, low, high))

    def _tried(self, lanes: frozenset[int], partition: int, low: int, high: int) -> Sequence[Key]:
        return [
            (lane, of, position, subscription)
            for (lane, of, position, subscription), tries in self._now.attempts.items()
            if tries and lane in lanes and of == partition and low <= position < high
        ]

    def shares(self, since_ms: int) -> dict[int, Share]:
        found: dict[int, Share] = {}
        for key, counts in self._now.series.items():
            if key.minute >= since_ms // 60_000 and key.cls in WORST:
                dead, ended = found.get(key.lane, Share(0, 0))
                n = sum(counts)
                found[key.lane] = Share(dead + n * (key.cls == "dead_lettered"), ended + n)
        return found

    def find_attempts(self, which: AttemptFilter) -> Found:
        tries = [each for numbered in self._now.attempts.values() for each in numbered]
        meant = [each for each in tries if which.means(*each)]
        return newest(meant, which.limit)

    def series(self, query: SeriesQuery) -> Sequence[Point]:
        now = self._now
        rows = [row for table in (now.series, now.hours, now.days) for row in table.items()]
        return points(query, rows)

    def waiting(self) -> dict[int, int]:
        return Counter(lane for lane, _, _, _ in self._now.parked)

    def dues(self) -> dict[int, int]:
        tried = [row for row in self._now.parked.values() if row.reason != WAITS]
        lanes = {row.lane for row in tried}
        return {lane: min(row.due_at for row in tried if row.lane == lane) for lane in lanes}

    def may_commit(self) -> bool:
        return True

    def commit(self, tick: Tick) -> None:
        attempts, tick.attempts = tick.attempts, []
        self._now.try_again(attempts)
        if self.failing:
            self._since.append((attempts, None))
            raise LedgerUnavailable("the disk is full")
        self._change(attempts, partial(Tables.apply, tick=tick))

    def _change(self, attempts: Sequence[Attempt], change: Change) -> object:
        self._since.append((attempts, change))
        return change(self._now)

    def sweep(self, now_ms: int, ages: Ages, commands: Container[str] | None = None) -> bool:
        if self.failing:
            raise LedgerUnavailable("the disk is full")
        step = partial(sweep, limits=limits(now_ms, ages), commands=commands)
        if not step(copy.deepcopy(self._now)):
            return False
        self._change([], step)
        return True

    def sync(self) -> None:
        self._settle(len(self._since))

    def _settle(self, count: int) -> None:
        for attempts, change in self._since[:count]:
            self._durable.try_again(attempts)
            if change is not None:
                change(self._durable)
        del self._since[:count]

    def kill(self) -> None:
        """The process dies; the kernel does not."""

    @property
    def unsynced(self) -> int:
        """How many commits power loss may take."""
        return sum(change is not None for _, change in self._since)

    def power_loss(self, kept: int) -> None:
        """Go back to the synced state and `kept` commits after it."""
        changes = [at for at, (_, change) in enumerate(self._since, start=1) if change is not None]
        self._settle(changes[kept - 1] if kept else 0)
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
                if of == lane and n
            ],
            sum(of == lane for of, _, _ in now.opened),
        )

    def fates(self, source: int, partition: int, position: int, key: str = "") -> Sequence[Fate]:
        lanes = [row for _, row in sorted(self._now.lanes.items()) if row.source == source]
        found = [self._fate(row, (row.lane, partition, position), key) for row in lanes]
        return [each for each in found if each.place is None or holds(each.place, position)]

    def _fate(self, row: LaneRow, at: tuple[int, int, int], key: str) -> Fate:
        now, place = self._now, self._now.places.get(at[:2])
        switches = [each for each in self.switches(row.lane) if each[:3] <= at]
        behind = [
            each.position
            for each in now.parked.values()
            if each[:2] == at[:2] and each.position < at[2] and each.order_key == key
        ]
        return Fate(
            row,
            place,
            next((each for each in reversed(switches) if each.partition == at[1]), None),
            now.opened.get(at),
            [each for key, each in sorted(now.parked.items()) if key[:3] == at],
            [each for each in now.letters.values() if each.letter[:3] == at],
            self._account(row).tallies,
            max(behind, default=None) if key and is_before(place, at[2]) else None,
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


def holds(place: PlaceRow, position: int) -> bool:
    """Whether the position is one of those that the lane was made for."""
    return place.start <= position and (place.stop is None or position < place.stop)
