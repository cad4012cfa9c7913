"""One course of events through all endpoints at once, and what came of each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.folder import DataFolder
from headgate.store.snapshot import SnapshotReader
from tests.faults.upstream import endpoints
from tests.faults.upstream.stub import UNREAD
from tests.harness.declarations import connection, declaration
from tests.harness.receiver import until
from tests.harness.sending import fresh, post, track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.faults.upstream.endpoints import Endpoint
    from tests.faults.upstream.seen import Seen
    from tests.faults.upstream.upstream import Upstream
    from tests.harness.printed import Row, Trace, Way
    from tests.harness.system import Headgate

FIRST, SECOND, CALM, ROW = "First", "Second", "Calm", "Row"
"""Names of events. Calm is for whoever answers just before the deadline: nothing else begins
then. Row is for those who refuse many in a row."""
ROWS = 30
"""How many of them come at a time, two times."""
APART_SECONDS = 1.6
"""Between the first event and the second: names are asked for again, some retries are due."""
CALM_SECONDS = 2.4
"""Between the second event and the calm one; two rows are as far apart."""
MISSING_SECONDS = 2
"""How long everything must be missing for a pause."""
LONGEST_SECONDS = 60.0
POLL_SECONDS = 0.5
AGAIN = 2
FILLER = "f" * 30_000
COPIES = 200
"""How often the filler goes into a body that must be longer than what the kernel takes."""
_OTHERS = f'event != "{CALM}" and event != "{ROW}"'
_TRIGGERS = {
    "healthy": "all",
    "uf_slow_9s": f'event = "{CALM}"',
    "uf_dns_private": f'event != "{CALM}"',
    "uf_s403": f'event != "{ROW}"',
}
REFUSED_SECONDS = 3
"""The least wait after credentials were refused; the default is a minute."""
ENVIRON = {
    "HEADGATE_MISSING_SECONDS": str(MISSING_SECONDS),
    "HEADGATE_REFUSED_WAIT_SECONDS": str(REFUSED_SECONDS),
}


class Course(NamedTuple):
    """What is known when all is over: traces by event name, the rest by slug."""

    traces: Mapping[str, Trace]
    ways: Mapping[str, Mapping[str, Way]]
    rows: Mapping[str, Row]
    numbers: Mapping[str, int]
    seen: Mapping[str, Sequence[Seen]]

    def requests(self, slug: str, name: str = "") -> list[Seen]:
        """What an endpoint was sent; for one event of those names, or for all."""
        found = [each for each in self.seen[slug] if each.nth]
        if not name:
            return found
        return [each for each in found if self.traces[name].messageId in each.messages]


def declared(upstream: Upstream) -> dict[str, Any]:
    """A connection for each endpoint that there is."""
    found = [each for each in endpoints.COURSE if each.slug in upstream.urls]
    return declaration(*(_connection(each, upstream) for each in found))


def _connection(endpoint: Endpoint, upstream: Upstream) -> dict[str, Any]:
    made = connection(endpoint.slug, upstream.urls[endpoint.slug])
    (subscription,) = made["subscriptions"]
    subscription["trigger"] = _TRIGGERS.get(endpoint.fault, _OTHERS)
    if endpoint.variant == "row":
        subscription["trigger"] = f'event = "{ROW}"'
    if endpoint.fault in UNREAD:
        filler = {f"f{number}": {"@path": "$.properties.filler"} for number in range(COPIES)}
        subscription["mapping"]["data"] = {"messageId": {"@path": "$.messageId"}, **filler}
    return made


def run(headgate: Headgate, upstream: Upstream) -> Course:
    """Send the events, wait for every attempt that the lines are about, and look."""
    headgate.apply(declared(upstream))
    ids = dict(zip((FIRST, SECOND, CALM), fresh(3, "fault"), strict=True))
    _send(headgate, FIRST, [ids[FIRST]])
    _await(upstream, 1, "uf-dns-private-plain", "uf-dns-private-tls")
    time.sleep(APART_SECONDS)
    _send(headgate, SECOND, [ids[SECOND]])
    _send(headgate, ROW, fresh(ROWS, "row"), "")
    _await(upstream, ROWS, "uf-s404-row")
    time.sleep(CALM_SECONDS)
    _send(headgate, ROW, fresh(ROWS, "row"), "")
    _send(headgate, CALM, [ids[CALM]])
    until(lambda: _is_over(headgate, upstream, ids), LONGEST_SECONDS, "the end of all attempts")
    traces = {name: headgate.trace(message_id) for name, message_id in ids.items()}
    ways = {name: _by_connection(trace) for name, trace in traces.items()}
    rows = {row.connection: row for row in headgate.ledger() if row.connection}
    return Course(traces, ways, rows, numbers(headgate), upstream.seen())


def _send(headgate: Headgate, name: str, ids: Sequence[str], filler: str = FILLER) -> None:
    batch = [track(each, event=name, properties={"filler": filler}) for each in ids]
    answer = post(headgate.ready.collect, "/v1/batch", {"batch": batch})
    assert answer.json == {"success": True}, answer


def _await(upstream: Upstream, requests: int, *slugs: str) -> None:
    """Wait until so many requests have come to each."""
    until(
        lambda: all(len(upstream.requests(slug)) >= requests for slug in slugs),
        LONGEST_SECONDS,
        f"{requests} requests at {slugs}",
    )


def _is_over(headgate: Headgate, upstream: Upstream, ids: Mapping[str, str]) -> bool:
    """The slowest have been tried, and tried again."""
    time.sleep(POLL_SECONDS)
    seen = upstream.seen()
    for slug in ("uf-accept-silent-plain", "uf-slow-11s-tls"):
        if sum(ids[FIRST] in each.messages for each in seen[slug]) < AGAIN:
            return False
    ways = {name: _by_connection(headgate.trace(message_id)) for name, message_id in ids.items()}
    known = [*ways[FIRST].values(), ways[CALM]["uf-slow-9s-plain"], ways[CALM]["uf-slow-9s-tls"]]
    return all(way.attempts or way.decision != "send" for way in known)


def _by_connection(trace: Trace) -> dict[str, Way]:
    return {way.connection: way for way in trace.deliveries}


def numbers(headgate: Headgate) -> dict[str, int]:
    """The number of each connection, by its slug."""
    snapshot = SnapshotReader(DataFolder(headgate.data).snapshots).refresh()
    assert snapshot is not None
    return {each.slug: number for number, each in snapshot.connections.items()}
