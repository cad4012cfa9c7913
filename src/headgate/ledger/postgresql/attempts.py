"""Attempts, with their samples, in one table that has a partition for each day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.ledger.finding import conditions_of, newest
from headgate.ledger.port import Attempt
from headgate.ledger.postgresql.dialect import Portable
from headgate.ledger.postgresql.statements import Statement, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headgate.ledger.queries import AttemptFilter, Found

DAY_MS = 86_400_000

_COLUMNS = """partition, position, lane, subscription, {n}at, ms, status, outcome, reason, snapshot,
    batch_id, request, response, subject_hashes, day"""
_INSERT = """insert into attempts ({columns})
    select partition, position, lane, subscription,
    greatest(prior, coalesce((select max(n) from attempts before
        where before.partition = fresh.partition and before.position = fresh.position
        and before.lane = fresh.lane and before.subscription = fresh.subscription), 0)) + 1,
    at, ms, status, outcome, reason, snapshot, batch_id, request, response, subject_hashes, day
    from {rows} as fresh ({given})
    where (select recorded from writers where process = %s) < %s"""
_TEXT = _INSERT.format(
    columns=_COLUMNS.format(n="n, "), given=_COLUMNS.format(n="prior, "), rows="{rows}"
)
RECORD = Statement(_TEXT, "ibbtibbittbtyyyi", lambda _: ()).query
"""Numbers go on from the highest on record; what was left in doubt is not doubled."""

TRIES = """select n, partition, position, lane, subscription, n - 1, at, ms, status, outcome,
    reason, snapshot, batch_id, request, response, coalesce(subject_hashes, '') from attempts"""
"""The number, and an `Attempt`."""
_OF_EVENT = " where lane = ? and position = ? order by at, n"
_FIND = """{tries} where {conditions} and day = {day}
    order by at desc, partition desc, position desc, lane desc, subscription desc, n desc
    limit :limit"""
_ON_RECORD = b"""select distinct position, subscription from attempts
    where partition = %s and position >= %s and position < %s and lane = any(%s)
    and (%s::text is null or outcome = %s)"""
_DAYS = b"""select relname from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'attempts'::regclass"""
_PREFIX = "attempts_"


def batches(attempts: Iterable[Attempt]) -> list[list[list[Any]]]:
    """Arrays to record, one after the other: each delivery at most once in each."""
    turns: list[dict[tuple[Any, ...], Attempt]] = []
    for attempt in attempts:
        key = attempt[:4]
        turn = next((turn for turn in turns if key not in turn), None)
        if turn is None:
            turns.append(turn := {})
        turn[key] = attempt
    return [columns_of([_stored(each) for each in turn.values()]) for turn in turns]


def _stored(attempt: Attempt) -> tuple[Any, ...]:
    sample = (attempt.request, attempt.response, attempt.subjects)
    return (
        *attempt[:12],
        *(sample if attempt.request is not None else (None, None, None)),
        attempt.at // DAY_MS,
    )


# days


def days(connection: Any) -> list[int]:
    """Those that there are, oldest first."""
    names = (name for (name,) in connection.execute(_DAYS))
    return sorted(int(name.removeprefix(_PREFIX)) for name in names)


def make_day(connection: Any, day: int) -> None:
    """Begin a day, unless it is begun; in a transaction that no other of its kind goes beside.

    A table that is made and then attached keeps no reader waiting, as one made in place would.
    """
    if day not in days(connection):
        name = f"{_PREFIX}{day}"
        connection.execute(f"create table {name} (like attempts including all)".encode())
        bounds = f"from ({day}) to ({day + 1})"
        connection.execute(
            f"alter table attempts attach partition {name} for values {bounds}".encode()
        )


def drop_day(connection: Any, before_ms: int) -> int | None:
    """Drop one day before that of `before_ms`, in the transaction of the caller."""
    oldest = next(iter(days(connection)), None)
    if oldest is None or oldest >= before_ms // DAY_MS:
        return None
    connection.execute(f"drop table {_PREFIX}{oldest}".encode())
    return oldest


# reading


def on_record(
    connection: Any, lanes: frozenset[int], span: tuple[int, int, int], outcome: str | None
) -> frozenset[tuple[int, str]]:
    """(position, subscription) in a span (partition, low, high); None is any outcome."""
    return frozenset(connection.execute(_ON_RECORD, (*span, sorted(lanes), outcome, outcome)))


def tries(connection: Any, lane: int, position: int) -> list[tuple[int, Attempt]]:
    rows = Portable(connection).execute(TRIES + _OF_EVENT, (lane, position))
    return [_numbered(row) for row in rows]


def find(connection: Any, which: AttemptFilter) -> Found:
    """The newest attempts that are meant; older days are asked only while there are too few."""
    conditions, values = conditions_of(which)
    found: list[tuple[int, Attempt]] = []
    for day in reversed(days(connection)):
        if len(found) > which.limit:
            break
        if which.since is None or which.since < (day + 1) * DAY_MS:
            query = _FIND.format(tries=TRIES, conditions=conditions, day=day)
            found += [_numbered(row) for row in Portable(connection).execute(query, values)]
    return newest(found, which.limit)


def _numbered(row: Sequence[Any]) -> tuple[int, Attempt]:
    return row[0], Attempt(*row[1:])
