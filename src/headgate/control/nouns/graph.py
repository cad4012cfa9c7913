"""The overview of a workspace: what flows from where to where, with the figures of a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from headgate.clock import iso
from headgate.control.observing.overview import STEPS
from headgate.control.observing.receipts import received
from headgate.control.observing.sight import accounts_of, ledgers_of, look, visible
from headgate.ledger.queries import SeriesQuery
from headgate.store.warehouses import Warehouses, WarehouseSources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headgate.control.observing.sight import Sight
    from headgate.control.work import Work
    from headgate.ledger.port import LaneAccount
    from headgate.store.records import SourceRecord

HOUR_MS: Final = 3_600_000
HOURS: Final = 24
_COUNTED: Final = {
    "delivered": "successful_delivery",
    "failed": "failed_delivery",
    "filtered": "filtered_at_destination",
}


class Node(msgspec.Struct, frozen=True):
    """`kind` is source, connection or warehouse, `type` what it is one of in the catalogue.

    `received` counts what a source took in, None for others; `state` and `reason` are those of a
    connection's live lane, None where it has none.
    """

    kind: str
    id: str
    slug: str
    name: str
    type: str
    enabled: bool
    received: int | None = None
    state: str | None = None
    reason: str | None = None


class Edge(msgspec.Struct, frozen=True):
    """From a source to a connection or a warehouse, by their ids.

    What became of the events on the way to a connection, None for warehouses, which count in rows.
    """

    source: str
    target: str
    delivered: int | None = None
    failed: int | None = None
    filtered: int | None = None


class Graph(msgspec.Struct, frozen=True):
    """`failed` events were given up or discarded; times are the edges of whole hours."""

    since: str
    until: str
    nodes: list[Node]
    edges: list[Edge]


def graph(work: Work) -> Graph:
    """Of all that the actor may see, the last 24 hours."""
    seen = visible(work)
    until = -(-work.now // HOUR_MS) * HOUR_MS
    since = until - HOURS * HOUR_MS
    accounts = [each for each in accounts_of(work, seen) if each.lane.kind == "live"]
    warehouses = list(_warehouses(work))
    nodes = [
        *_sources(seen, _received(work, since, until)),
        *_connections(seen, accounts),
        *warehouses,
    ]
    edges = [
        *_edges(seen, _ended(work, accounts, since, until)),
        *_loads(work, seen.sources, {each.id for each in warehouses}),
    ]
    return Graph(iso(since), iso(until), nodes, edges)


def _received(work: Work, since: int, until: int) -> Mapping[int, int]:
    """By source; the log no longer counts what it has dropped."""
    (sums,) = look(work, lambda log: received(log, [since, until]))
    return sums


def _ended(
    work: Work, accounts: Iterable[LaneAccount], since: int, until: int
) -> Mapping[int, Counter[str]]:
    """By connection, how many events ended as what."""
    connections = {each.lane.lane: each.lane.connection for each in accounts}
    sums: defaultdict[int, Counter[str]] = defaultdict(Counter)
    if not connections:
        return sums
    lanes = frozenset(connections)
    query = SeriesQuery(lanes, since, until, "hour", ("class", "reason", "lane"))
    for point in ledgers_of(work).series(query):
        cls, reason, lane = point.group
        for name, step in _COUNTED.items():
            if STEPS[step](str(cls), str(reason)):
                sums[connections[int(lane)]][name] += point.n
    return sums


def _sources(seen: Sight, sums: Mapping[int, int]) -> Iterator[Node]:
    for each in seen.sources:
        yield Node(
            "source", each.id, each.slug, each.name, each.kind, each.enabled,
            received=sums.get(each.number, 0),
        )  # fmt: skip


def _connections(seen: Sight, accounts: Iterable[LaneAccount]) -> Iterator[Node]:
    lanes = {each.lane.connection: each.lane for each in accounts}
    for each in seen.connections:
        lane = lanes.get(each.number)
        yield Node(
            "connection", each.id, each.slug, each.name, each.destination, each.enabled,
            state=lane.state if lane else None,
            reason=lane.reason if lane else None,
        )  # fmt: skip


def _warehouses(work: Work) -> Iterator[Node]:
    for each in Warehouses(work.transaction, work.workspace.id).all():
        if work.may_see_warehouse(each.id):
            yield Node("warehouse", each.id, each.slug, each.name, each.kind, each.enabled)


def _edges(seen: Sight, sums: Mapping[int, Counter[str]]) -> Iterator[Edge]:
    for each in seen.connections:
        counts = sums.get(each.number, Counter())
        yield Edge(each.source, each.id, *(counts[name] for name in _COUNTED))


def _loads(work: Work, sources: Iterable[SourceRecord], warehouses: set[str]) -> Iterator[Edge]:
    """Which of the sources that are seen are loaded into which of these."""
    seen = {each.id for each in sources}
    for each in WarehouseSources(work.transaction, work.workspace.id).all():
        if each.source in seen and each.warehouse in warehouses:
            yield Edge(each.source, each.warehouse)
