"""Metrics: what became of the events of a source and of a destination, step by step."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from headgate.control.errors import Invalid, Problem, Refused
from headgate.control.observing.overview import STEPS, rejected
from headgate.control.observing.receipts import check_kept, log_of, receipts
from headgate.control.observing.windows import OVERVIEW, SUMMARY, window
from headgate.ledger.port import LONGEST_NAME, OTHER
from headgate.ledger.queries import SeriesQuery

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from headgate.control.observing.windows import Asked, Window
    from headgate.control.work import Work
    from headgate.ledger.port import LedgerReader
    from headgate.ledger.queries import Point
    from headgate.store.records import ConnectionRecord, SourceRecord

COLUMNS = {"eventName": "event_name", "eventType": "event_type", "discardReason": "reason"}
"""What counts can be told apart by, as clients call it and as series do."""
_OF_FILTERED = tuple(COLUMNS)
KEPT: Mapping[str, tuple[str, ...]] = {
    "received": (),
    "failed_on_ingest": ("discardReason",),
    "filtered_at_source": _OF_FILTERED,
    "filtered_at_destination": _OF_FILTERED,
    "failed_delivery": _OF_FILTERED,
    "successful_delivery": ("eventName", "eventType"),
}
"""By which of them each step is kept."""
EXPIRED = ("retries_exhausted_", "expired")
"""How the reasons begin of what was given up because it took too long."""


class Question(NamedTuple):
    """What is asked of a step: `filters` are the values that count, by what is told apart."""

    source: str
    window: Asked
    group_by: Sequence[str] = ()
    filters: Mapping[str, Sequence[str]] = {}


class Group(NamedTuple):
    """Events that are alike: `names` are in the order of what was grouped by.

    `series` is (beginning of a period in ms, count); periods without any are left out.
    """

    names: tuple[str, ...]
    total: int
    series: tuple[tuple[int, int], ...]


class Counted(NamedTuple):
    """Groups by their names; without grouping there is one, even of nothing."""

    total: int
    groups: list[Group]


class Count(NamedTuple):
    """`n` events of a period; `names` by what is told apart, as clients call it."""

    at: int
    n: int
    names: Mapping[str, str]


class Summary(NamedTuple):
    """What became of the events of a connection, each with its reasons."""

    source: SourceRecord
    connection: ConnectionRecord
    delivered: int
    discarded: Mapping[str, int]
    expired: Mapping[str, int]


def step(work: Work, name: str, asked: Question, connection: str | None = None) -> Counted:
    """Events that went through a step of `KEPT`; those of a destination name a connection.

    Raises Missing or Invalid.
    """
    source = work.source(asked.source)
    found = None if connection is None else _connection(work, connection, source)
    _check_kept(name, asked)
    span = window(OVERVIEW, work.now, asked.window)
    counts = list(_counts(work, name, source, found, span, (*asked.group_by, *asked.filters)))
    _check_names(asked, counts)
    return _counted(counts, asked)


def summary(work: Work, connection: str, source: str, asked: Asked) -> Summary:
    """Of one connection. Raises Missing or Invalid."""
    of = work.source(source)
    found = _connection(work, connection, of)
    span = window(SUMMARY, work.now, asked)
    lanes = _live(work, connection=found.number)
    sums: defaultdict[bool, Counter[str]] = defaultdict(Counter)
    delivered = 0
    for cls, point in _ended(work, lanes, span, ()):
        reason = str(point.group[1]) or cls
        if STEPS["successful_delivery"](cls, reason):
            delivered += point.n
        elif STEPS["failed_delivery"](cls, reason):
            sums[reason.startswith(EXPIRED)][reason] += point.n
    return Summary(of, found, delivered, sums[False], sums[True])


def _connection(work: Work, connection: str, source: SourceRecord) -> ConnectionRecord:
    found = work.connection(connection)
    if found.source != source.id:
        raise Invalid([Problem("sourceId", f"is not the source of destination {connection}")])
    return found


def _check_kept(name: str, asked: Question) -> None:
    """Raise Invalid for what the counts of a step are not told apart by."""
    kept = KEPT[name]
    told = f"counts of this step are kept by {', '.join(kept) or 'nothing but time'}"
    problems = [
        *(Problem("groupBy", f"{each}: {told}") for each in asked.group_by if each not in kept),
        *(Problem(f"filter.{each}", told) for each in asked.filters if each not in kept),
    ]
    if problems:
        raise Invalid(problems)


def _check_names(asked: Question, counts: Iterable[Count]) -> None:
    """Raise Invalid where events of the names that are asked for may be among the others."""
    wanted = asked.filters.get("eventName", ())
    if any(len(each) > LONGEST_NAME for each in wanted):
        told = f"names are told apart by their first {LONGEST_NAME} characters"
        raise Invalid([Problem("filter.eventName", told)])
    if wanted and any(count.names["eventName"] == OTHER for count in counts):
        told = f"there were so many names that some are counted as {OTHER} only: ask for less time"
        raise Invalid([Problem("filter.eventName", told)])


# where the counts are


def _counts(
    work: Work,
    name: str,
    source: SourceRecord,
    connection: ConnectionRecord | None,
    span: Window,
    names: tuple[str, ...],
) -> Iterator[Count]:
    if name == "received":
        return _received(work, source, span)
    if name == "failed_on_ingest":
        return _refused(work, source, span)
    lanes = (
        _lane_of(work, name, source, span)
        if connection is None
        else _live(work, connection=connection.number)
    )
    return _of_step(work, name, lanes, span, names)


def _received(work: Work, source: SourceRecord, span: Window) -> Iterator[Count]:
    sums_of_periods = receipts(work, span.edges, "startTime")
    for at, sums in zip(span.edges, sums_of_periods, strict=False):
        yield Count(at, sums.get(source.number, 0), {})


def _refused(work: Work, source: SourceRecord, span: Window) -> Iterator[Count]:
    log = log_of(work)

    async def ask() -> tuple[tuple[int, str, int], ...]:
        await check_kept(log, span.since, "startTime")
        return (await rejected(log, source.number, span.edges)).moments

    for at, code, n in work.premises.run(ask()):
        yield Count(at, n, {"discardReason": code})


def _lane_of(work: Work, name: str, source: SourceRecord, span: Window) -> frozenset[int]:
    """The lane that knows most of what was filtered at a source: each counts all that it meets."""
    sums: Counter[int] = Counter()
    for cls, point in _ended(work, _live(work, source=source.number), span, ("lane",)):
        if STEPS[name](cls, str(point.group[1])):
            sums[int(point.group[2])] += point.n
    return frozenset(lane for lane, _ in sums.most_common(1))


def _of_step(
    work: Work, name: str, lanes: frozenset[int], span: Window, names: tuple[str, ...]
) -> Iterator[Count]:
    wanted = tuple(dict.fromkeys(each for each in names if each != "discardReason"))
    for cls, point in _ended(work, lanes, span, tuple(COLUMNS[each] for each in wanted)):
        reason = str(point.group[1])
        if STEPS[name](cls, reason):
            told = dict(zip(wanted, map(str, point.group[2:]), strict=True))
            yield Count(point.at, point.n, {**told, "discardReason": reason or cls})


def _ended(
    work: Work, lanes: frozenset[int], span: Window, more: tuple[str, ...]
) -> Iterator[tuple[str, Point]]:
    """(class, point) of what ended; its group is class, reason and `more`."""
    groups = ("class", "reason", *more)
    query = SeriesQuery(lanes, span.since, span.until, span.granularity, groups)
    for point in _ledgers(work).series(query) if lanes else ():
        yield str(point.group[0]), point


def _live(work: Work, **of: int) -> frozenset[int]:
    """The lanes of a source or of a connection, by number: replays have accounts of their own."""
    return frozenset(
        account.lane.lane
        for account in _ledgers(work).accounts()
        if account.lane.kind == "live"
        and account.lane.workspace == work.workspace.id
        and all(getattr(account.lane, name) == number for name, number in of.items())
    )


def _ledgers(work: Work) -> LedgerReader:
    if work.premises.ledgers is None:
        raise Refused("there are no ledgers here to count in")
    return work.premises.ledgers


# what they come to


def _counted(counts: Iterable[Count], asked: Question) -> Counted:
    series: defaultdict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
    for count in counts:
        if count.n and all(count.names[key] in few for key, few in asked.filters.items()):
            series[tuple(count.names[each] for each in asked.group_by)][count.at] += count.n
    if not asked.group_by:
        series[()] = series[()]
    groups = [
        Group(names, sum(sums.values()), tuple(sorted(sums.items())))
        for names, sums in sorted(series.items())
    ]
    return Counted(sum(group.total for group in groups), groups)
