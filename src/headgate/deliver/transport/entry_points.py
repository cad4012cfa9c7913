"""Every place from which a request can leave, named: a test fails when one is missing here.

Whoever adds a place that sends adds a line here, and a driver to the test that tries every bad
address on every one of them (`tests/contracts/egress`).
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Kind(Enum):
    """What a place has to do with requests that leave."""

    SENDS = "to an address that a customer, an author or an event named, always through the guard"
    MAKES = "the guarded transport, or a client on it, for those that send"
    DIALS = "as the guarded transport, which opens connections and asks for names"
    ELSEWHERE = "than to a destination: to this machine, or where the operator points a command"


class EntryPoint(NamedTuple):
    """A place, as `module:function` or a whole module, and what it is for."""

    place: str
    kind: Kind
    what: str

    @property
    def name(self) -> str:
        """Its last parts, short enough for the name of a test."""
        module, _, function = self.place.partition(":")
        return f"{module.rpartition('.')[2]}.{function}" if function else module


_KIT: Final = "headgate.kit.connected:Connected"
_CLI: Final = "headgate.cli.destination"
_OURS: Final = "headgate.deliver.transport"

ENTRY_POINTS: Final = (
    EntryPoint("headgate.deliver.attempt:Attempts.__call__", Kind.SENDS, "a delivery"),
    EntryPoint("headgate.deliver.attempt:Attempts.batch", Kind.SENDS, "deliveries in a batch"),
    EntryPoint(f"{_KIT}.perform", Kind.SENDS, "an action with one event"),
    EntryPoint(f"{_KIT}.perform_batch", Kind.SENDS, "an action with a batch of events"),
    EntryPoint(f"{_KIT}.check", Kind.SENDS, "whether credentials are good, at saving and testing"),
    EntryPoint(f"{_KIT}.forget", Kind.SENDS, "the deletion of a person"),
    EntryPoint(f"{_KIT}.choices", Kind.SENDS, "choices of a field, asked of the destination"),
    EntryPoint(f"{_KIT}.save_hook", Kind.SENDS, "what an action does when a mapping is saved"),
    EntryPoint(f"{_KIT}.create_audience", Kind.SENDS, "a new audience"),
    EntryPoint(f"{_KIT}.get_audience", Kind.SENDS, "the look for an audience"),
    EntryPoint("headgate.kit.oauth:Refresher.fresh", Kind.SENDS, "the renewal of OAuth tokens"),
    EntryPoint(f"{_CLI}.trying:tried", Kind.SENDS, "`headgate destination try`"),
    EntryPoint(f"{_CLI}.recording:performed", Kind.SENDS, "`headgate destination record`"),
    EntryPoint(f"{_CLI}.serve.routes:Routes.answer", Kind.SENDS, "`headgate destination serve`"),
    EntryPoint(
        "headgate.control.importing_segment.api:PublicApi.get",
        Kind.SENDS,
        "`headgate import segment`: a question to Segment's Public API",
    ),
    EntryPoint(
        "headgate.services.testing:EventTester.__call__", Kind.SENDS, "a test event of the web app"
    ),
    EntryPoint("headgate.services.parts:open_transport", Kind.MAKES, "the one guarded transport"),
    EntryPoint("headgate.services.deliver:run_deliver", Kind.MAKES, "that of a deliver process"),
    EntryPoint(
        "headgate.services.testing:EventTester._transport", Kind.MAKES, "that of test events"
    ),
    EntryPoint(f"{_CLI}.trying:transport", Kind.MAKES, "that of `try` and `record`"),
    EntryPoint(f"{_CLI}.trying:run", Kind.MAKES, "the client of `try` and `record`"),
    EntryPoint(f"{_CLI}.serve.child:_way_out", Kind.MAKES, "that of `serve`"),
    EntryPoint(f"{_CLI}.serve.customer:Customers.customer", Kind.MAKES, "the client of `serve`"),
    EntryPoint("headgate.cli.importing:read", Kind.MAKES, "the client of `headgate import`"),
    EntryPoint(
        "headgate.kit.http.client:Http.carrying", Kind.MAKES, "a client of the same attempt"
    ),
    EntryPoint(f"{_OURS}:HttpTransport.__init__", Kind.MAKES, "its two halves, under one guard"),
    EntryPoint(f"{_OURS}.h1:H1Transport._open", Kind.DIALS, "plain http: a checked address"),
    EntryPoint(f"{_OURS}.h1:H1Transport._speak", Kind.DIALS, "HTTP on a connected socket"),
    EntryPoint(f"{_OURS}.curl", Kind.DIALS, "https: libcurl, which is given a checked address"),
    EntryPoint(f"{_OURS}.curl_handle", Kind.DIALS, "https: the address is checked once more"),
    EntryPoint(f"{_OURS}.curl_multi", Kind.DIALS, "https: libcurl's sockets on the event loop"),
    EntryPoint(f"{_OURS}.curl_errors", Kind.DIALS, "https: libcurl's errors in our words"),
    EntryPoint(f"{_OURS}.lookup", Kind.DIALS, "questions to the name servers of the operator"),
    EntryPoint(
        f"{_OURS}.resolver:_ipv6_route", Kind.DIALS, "whether IPv6 has a route; sends nothing"
    ),
    EntryPoint(
        "headgate.kit.testing.recordings.replay:replay", Kind.ELSEWHERE, "answers of a recording"
    ),
    EntryPoint(
        "headgate.kit.testing.rules.choices:_asked", Kind.ELSEWHERE, "answers of a recording"
    ),
    EntryPoint(
        "headgate.cli.send", Kind.ELSEWHERE, "a test event to the collection API that is named"
    ),
    EntryPoint("headgate.cli.demo.traffic", Kind.ELSEWHERE, "events to the demo's own collection"),
    EntryPoint(f"{_CLI}.serve.child:_serve", Kind.ELSEWHERE, "a pair of sockets between processes"),
    EntryPoint(
        f"{_CLI}.serve.process:Process.__init__",
        Kind.ELSEWHERE,
        "a pair of sockets between processes",
    ),
    EntryPoint(
        "headgate.collect.handoff:RemoteAppender.connect",
        Kind.ELSEWHERE,
        "the appender's socket in the data folder",
    ),
    EntryPoint(
        "headgate.services.collect:_appender",
        Kind.ELSEWHERE,
        "the appender's socket in the data folder",
    ),
)


def senders() -> tuple[EntryPoint, ...]:
    """Those that must refuse every bad address."""
    return tuple(each for each in ENTRY_POINTS if each.kind is Kind.SENDS)
