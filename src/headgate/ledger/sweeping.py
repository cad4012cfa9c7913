"""What age does to a ledger file: series become coarser, dead letters and results go.

Each step is small and one transaction; the twin in memory takes the same ones.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.ledger.port import LETTER_BYTES, MOST_NAMES, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from headgate.ages import Ages

LETTERS, ROWS = 20, 200
"""How many dead letters, and other rows, one step looks at."""

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
HOUR, DAY = 60, 1440
"""Minutes."""

TALLY = """insert into tallies values (?,?,?,?)
    on conflict (lane, class, reason) do update set n = tallies.n + excluded.n"""
"""Counts some events more, or fewer."""

_CLOSED_BY = "dead_lettered"
_LETTERS = """select id, lane, partition, position, redriven_at, closed_class, closed_reason,
    :weight + coalesce(length(record), 0) + coalesce(length(sample), 0)
    from dead_letters indexed by dead_letters_at where at < :before and {mine} and not exists (
    select 1 from open where open.lane = dead_letters.lane
    and open.partition = dead_letters.partition and open.position = dead_letters.position)
    order by at, id limit :most"""
_LEFT = """select 1 from dead_letters where lane = ? and partition = ? and position = ?
    and redriven_at is null"""
_FOREVER = 1 << 62

_ADD = """insert into {table} values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
    on conflict (lane, minute, class, reason, event_type, event_name) do update set
    n = {table}.n + excluded.n, le_10 = {table}.le_10 + excluded.le_10,
    le_30 = {table}.le_30 + excluded.le_30, le_100 = {table}.le_100 + excluded.le_100,
    le_300 = {table}.le_300 + excluded.le_300, le_1000 = {table}.le_1000 + excluded.le_1000,
    le_3000 = {table}.le_3000 + excluded.le_3000, le_10000 = {table}.le_10000 + excluded.le_10000,
    slower = {table}.slower + excluded.slower"""
COUNT = _ADD.format(table="series")
"""Adds the counts of a minute."""

_LANES = """with recursive found (lane) as (select min(lane) from {table}
    union all select (select min(lane) from {table} where lane > found.lane) from found
    where found.lane is not null) select lane from found where lane is not null and {mine}"""
_PERIODS = """select distinct lane, minute from {table} where lane = ? and minute < ?
    order by minute limit ?"""
_KNOWN = "select distinct event_name from {table} where lane = ? and minute = ?"
_TAKEN = "select * from {table} where lane = ? and minute = ? order by n desc, event_name"
_GONE = "delete from {table} where lane = ? and minute = ?"
_RESULTS = "select id from commands where done_at < ? and {mine} order by id"


class Limits(NamedTuple):
    """What is too old now: times in milliseconds since 1970, periods by their first minute."""

    attempts: int
    letters: int
    bytes: int | None
    minutes: int
    hours: int
    days: int
    commands: int


def limits(now_ms: int, ages: Ages) -> Limits:
    """Minutes and hours go on as whole hours and days only."""
    return Limits(
        attempts=_before(now_ms, ages.attempts_kept_days * DAY_MS),
        letters=_before(now_ms, ages.dead_letter_days * DAY_MS),
        bytes=ages.dead_letter_bytes or None,
        minutes=_first_minute(_before(now_ms, ages.series_minutes_hours * HOUR_MS), HOUR),
        hours=_first_minute(_before(now_ms, ages.series_hours_days * DAY_MS), DAY),
        days=_first_minute(_before(now_ms, ages.series_days * DAY_MS), DAY),
        commands=_before(now_ms, ages.command_days * DAY_MS),
    )


def _before(now_ms: int, age_ms: float) -> int:
    """So long ago; what is kept for ever is kept since 1970."""
    return max(0, now_ms - int(age_ms))


def _first_minute(ms: int, period: int) -> int:
    return ms // 60_000 // period * period


def sweep(
    connection: Any, limits: Limits, commands: Container[str] | None, mine: str = "true"
) -> bool:
    """Take the first step that finds something to do, in the transaction of the caller.

    `mine` is a condition in SQL that only lanes meet whose owner asks.
    """
    steps: tuple[Callable[[], bool], ...] = (
        lambda: _expire(connection, limits.letters, mine),
        lambda: _shed(connection, limits.bytes, mine),
        lambda: coarsen(connection, "series", "series_hours", HOUR, limits.minutes, mine),
        lambda: coarsen(connection, "series_hours", "series_days", DAY, limits.hours, mine),
        lambda: _forget(connection, limits.days, mine),
        lambda: _drop_results(connection, limits.commands, commands, mine),
    )
    return any(step() for step in steps)


# dead letters


def _expire(connection: Any, before: int, mine: str) -> bool:
    rows = _letters(connection, before, mine)
    _drop(connection, rows, "letter_expired")
    return bool(rows)


def _shed(connection: Any, most: int | None, mine: str) -> bool:
    (weight,) = connection.execute("select n from letter_bytes").fetchone()
    if most is None or weight <= most:
        return False
    rows = []
    for row in _letters(connection, _FOREVER, mine):
        if weight > most:
            rows.append(row)
            weight -= row[-1]
    _drop(connection, rows, "over_quota")
    return bool(rows)


def _letters(connection: Any, before: int, mine: str) -> list[tuple[Any, ...]]:
    """The oldest letters of events that are closed."""
    values = {"before": before, "weight": LETTER_BYTES, "most": LETTERS}
    found: list[tuple[Any, ...]] = connection.execute(_LETTERS.format(mine=mine), values).fetchall()
    return found


def _drop(connection: Any, rows: Iterable[tuple[Any, ...]], reason: str) -> None:
    """Delete letters; an event that has lost its last one is dead-lettered no more."""
    lost = {}
    for number, lane, partition, position, redriven_at, cls, closed_reason, _ in rows:
        connection.execute("delete from dead_letters where id = ?", (number,))
        if redriven_at is None and cls == _CLOSED_BY:
            lost[lane, partition, position] = closed_reason
    for place, closed_reason in lost.items():
        if connection.execute(_LEFT, place).fetchone() is None:
            connection.execute(TALLY, (place[0], _CLOSED_BY, closed_reason, -1))
            connection.execute(TALLY, (place[0], "discarded", reason, 1))


# series


def coarsen(
    connection: Any, fine: str, coarse: str, period: int, before: int, mine: str = "true"
) -> bool:
    """Move counts of whole minutes, or hours, into the table of the longer period."""
    moved = 0
    for lane, minute in _oldest(connection, fine, before, mine):
        at = (lane, minute // period * period)
        known = connection.execute(_KNOWN.format(table=coarse), at)
        names = {name for (name,) in known} - {OTHER}
        rows = connection.execute(_TAKEN.format(table=fine), (lane, minute)).fetchall()
        added = [(*at, *row[2:5], capped(row[5], names), *row[6:]) for row in rows]
        connection.executemany(_ADD.format(table=coarse), added)
        connection.execute(_GONE.format(table=fine), (lane, minute))
        moved += len(rows)
        if moved >= ROWS:
            break
    return moved > 0


def _oldest(connection: Any, table: str, before: int, mine: str) -> list[tuple[int, int]]:
    """(lane, minute) of what is too old for its table, found by the key of each lane."""
    lanes = connection.execute(_LANES.format(table=table, mine=mine)).fetchall()
    query = _PERIODS.format(table=table)
    found: list[tuple[int, int]] = []
    for (lane,) in lanes:
        found += connection.execute(query, (lane, before, ROWS - len(found))).fetchall()
    return found


def capped(name: str, names: set[str]) -> str:
    """The name if it has room among the names of its period, which it then takes."""
    if name not in names:
        if len(names) >= MOST_NAMES or name == OTHER:
            return OTHER
        names.add(name)
    return name


def _forget(connection: Any, before: int, mine: str) -> bool:
    periods = _oldest(connection, "series_days", before, mine)
    connection.executemany(_GONE.format(table="series_days"), periods)
    return bool(periods)


# commands


def _drop_results(connection: Any, before: int, wanted: Container[str] | None, mine: str) -> bool:
    if wanted is None:
        return False
    rows = connection.execute(_RESULTS.format(mine=mine), (before,)).fetchall()
    gone = [name for (name,) in rows if name not in wanted][:ROWS]
    query = "delete from commands where id in (select value from json_each(?))"
    connection.execute(query, (json.dumps(gone),))
    return bool(gone)
