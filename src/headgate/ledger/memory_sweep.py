"""What age does to a ledger in memory: the same steps as in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.ledger.attempts import day_of
from headgate.ledger.port import (
    LETTER_BYTES,
    OTHER,
    Letter,
    SeriesKey,
)
from headgate.ledger.queries import (
    GROUPS,
    PERIODS,
    Point,
    SeriesQuery,
)
from headgate.ledger.sweeping import DAY, HOUR, LETTERS, ROWS, capped

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from headgate.ledger.memory import Tables
    from headgate.ledger.sweeping import Limits

Counts = dict[SeriesKey, list[int]]


def sweep(tables: Tables, limits: Limits, commands: Container[str] | None) -> bool:
    """Take the first step that finds something to do."""
    return (
        _drop_attempts(tables, limits.attempts)
        or _expire(tables, limits.letters)
        or _shed(tables, limits.bytes)
        or _coarsen(tables.series, tables.hours, HOUR, limits.minutes)
        or _coarsen(tables.hours, tables.days, DAY, limits.hours)
        or _forget(tables.days, limits.days)
        or _drop_results(tables, limits.commands, commands)
    )


def _drop_attempts(tables: Tables, before: int) -> bool:
    first = day_of(before)
    days = {day_of(each.at) for tries in tables.attempts.values() for _, each in tries}
    gone = min((day for day in days if day < first), default=None)
    for key, tries in list(tables.attempts.items()):
        tables.attempts[key] = [each for each in tries if day_of(each[1].at) != gone]
    return gone is not None


def _expire(tables: Tables, before: int) -> bool:
    old = [row for row in _oldest_letters(tables) if row.letter.at < before]
    _drop(tables, old[:LETTERS], "letter_expired")
    return bool(old)


def _shed(tables: Tables, most: int | None) -> bool:
    weight = sum(map(_weight, tables.letters.values()))
    gone = []
    for row in _oldest_letters(tables)[:LETTERS]:
        if most is not None and weight > most:
            gone.append(row)
            weight -= _weight(row)
    _drop(tables, gone, "over_quota")
    return bool(gone)


def _oldest_letters(tables: Tables) -> list[Letter]:
    """Without those of events that are open."""
    rows = [row for row in tables.letters.values() if row.letter[:3] not in tables.opened]
    return sorted(rows, key=lambda row: (row.letter.at, row.id))


def _weight(row: Letter) -> int:
    return LETTER_BYTES + len(row.letter.record or b"") + len(row.letter.sample or b"")


def _drop(tables: Tables, rows: Sequence[Letter], reason: str) -> None:
    lost = {}
    for row in rows:
        del tables.letters[row.id]
        if row.redriven_at is None and row.closed_class == "dead_lettered":
            lost[row.letter[:3]] = row.closed_reason
    left = {row.letter[:3] for row in tables.letters.values() if row.redriven_at is None}
    for place, closed_reason in lost.items():
        if place not in left:
            tables.tally(place[0], "dead_lettered", closed_reason, -1)
            tables.tally(place[0], "discarded", reason, 1)


def _coarsen(fine: Counts, coarse: Counts, period: int, before: int) -> bool:
    moved = 0
    for lane, minute in sorted({key[:2] for key in fine if key.minute < before}):
        first = minute // period * period
        names = {key.event_name for key in coarse if key[:2] == (lane, first)} - {OTHER}
        keys = [key for key in fine if key[:2] == (lane, minute)]
        for key in sorted(keys, key=lambda key: (-sum(fine[key]), key.event_name)):
            name = capped(key.event_name, names)
            add(coarse, key._replace(minute=first, event_name=name), fine.pop(key))
        moved += len(keys)
        if moved >= ROWS:
            break
    return moved > 0


def add(series: Counts, key: SeriesKey, counts: Sequence[int]) -> None:
    so_far = series.get(key, [0] * len(counts))
    series[key] = [a + b for a, b in zip(so_far, counts, strict=True)]


def points(query: SeriesQuery, rows: Iterable[tuple[SeriesKey, list[int]]]) -> list[Point]:
    """The answer to a query over rows of all ages."""
    size, (low, high) = PERIODS[query.granularity], query.minutes
    query.check()
    places = [GROUPS.index(name) for name in query.group_by]
    sums: dict[tuple[int, tuple[str | int, ...]], list[int]] = {}
    for key, counts in rows:
        if key.lane in query.lanes and low <= key.minute < high:
            values = (key.lane, *key[2:])
            group = (key.minute // size * size, tuple(values[place] for place in places))
            so_far = sums.get(group, [0] * len(counts))
            sums[group] = [a + b for a, b in zip(so_far, counts, strict=True)]
    return [
        Point(minute * 60_000, group, sum(counts), tuple(counts))
        for (minute, group), counts in sorted(sums.items())
    ]


def _forget(days: Counts, before: int) -> bool:
    old = sorted({key[:2] for key in days if key.minute < before})[:ROWS]
    for key in [key for key in days if key[:2] in set(old)]:
        del days[key]
    return bool(old)


def _drop_results(tables: Tables, before: int, wanted: Container[str] | None) -> bool:
    if wanted is None:
        return False
    old = sorted(row.id for row in tables.commands.values() if row.done_at < before)
    gone = [name for name in old if name not in wanted][:ROWS]
    for name in gone:
        del tables.commands[name]
    return bool(gone)
