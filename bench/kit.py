"""What one action run costs beside its HTTP exchange: mapping, checks, the author's code, bytes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from bench.machine import describe, say, spread
from bench.mapped import orders
from headgate import catalog, mapping
from headgate.kit import Discard, Http, Request, Response
from headgate.kit.connected import Connected
from headgate.kit.delivery import delivery
from headgate.kit.http.request import Limits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ROUNDS = 5
RUNS = 4_000
GOAL = 60.0
"""Microseconds of CPU for one run (architecture section 7 allows as much for a whole delivery)."""


class Subject(NamedTuple):
    """An action, with settings and what a user adds to the suggested mapping."""

    destination: str
    action: str
    settings: dict[str, Any]
    mapping: dict[str, Any]


SUBJECTS = (
    Subject("webhook", "send", {"sharedSecret": "s"}, {"url": "https://example.com/in"}),
    Subject(
        "slack",
        "postToChannel",
        {},
        {
            "url": "https://hooks.slack.com/services/T01ABCDEF/B01ABCDEF/abcdefghijklmnop",
            "text": {"@template": "{{event}}"},
        },
    ),
    Subject(
        "posthog",
        "event",
        {"api_key": "k", "project_id": "1", "endpoint": "https://app.posthog.com"},
        {},
    ),
    Subject("customerio", "trackEvent", {"siteId": "s", "apiKey": "k"}, {}),
    Subject(
        "amplitude",
        "logEventV2",
        {"apiKey": "k", "secretKey": "s", "endpoint": "north_america"},
        {},
    ),
    Subject(
        "mixpanel",
        "trackEvent",
        {"projectToken": "t", "apiSecret": "s", "apiRegion": "US 🇺🇸"},
        {},
    ),
)


class Nowhere:
    """Answers at once, so that what is measured is everything but the exchange."""

    async def send(self, _: Request) -> Response:
        return _OK


_OK = Response(200, (("content-type", "application/json"),), b"{}")


def main() -> None:
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    say(f"kit: {describe()}, on core {core}, {RUNS:,} runs, medians of {ROUNDS} rounds")
    events = orders()[:500]
    measures = {"reference: encode and build the request": _reference(events)}
    measures |= {f"{s.destination} {s.action}": _subject(s, events) for s in SUBJECTS}
    figures: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(ROUNDS + 1):
        for name, measured in measures.items():
            figures[name].append(asyncio.run(_microseconds(measured)))
    for name, rounds in figures.items():
        say(f"{name:<45} {spread(rounds[1:])} us CPU")  # the first round warms up
    _report(figures)


async def _microseconds(measured: Callable[[int], Awaitable[object]]) -> float:
    begun = time.process_time()
    for index in range(RUNS):
        await measured(index)
    return (time.process_time() - begun) / RUNS * 1e6


def _subject(subject: Subject, events: list[dict[str, Any]]) -> Callable[[int], Awaitable[object]]:
    destination = catalog.destination(subject.destination)
    action = destination.actions[subject.action]
    connected = Connected(destination, destination.settings.read(subject.settings))
    stored = {**action.payload.default_mapping(), **subject.mapping}
    mapper = mapping.compile(stored)
    transport = Nowhere()

    async def run(index: int) -> object:
        event = events[index % len(events)]
        http = Http(transport, idempotency_key="k")
        with contextlib.suppress(Discard):  # an event without what the action needs is a run, too
            await connected.perform(http, action, mapper(event), delivery(event, stored))
        return None

    return run


def _reference(events: list[dict[str, Any]]) -> Callable[[int], Awaitable[object]]:
    """The least that any client does: the event as JSON in a request that a transport takes."""
    encode, transport, limits = msgspec.json.Encoder().encode, Nowhere(), Limits()
    headers = (("Content-Type", "application/json"), ("Idempotency-Key", "k"))

    async def run(index: int) -> object:
        body = encode(events[index % len(events)])
        request = Request("POST", "https://example.com", headers, body, timeout=limits.timeout)
        return await transport.send(request)

    return run


def _report(figures: dict[str, list[float]]) -> None:
    reference = statistics.median(next(iter(figures.values()))[1:])
    for name, rounds in list(figures.items())[1:]:
        cost = statistics.median(rounds[1:])
        verdict = "met" if cost <= GOAL else "NOT MET"
        say(f"{name}: {cost:.1f} us (goal at most {GOAL:.0f}) {verdict}, {cost / reference:.1f} x")


if __name__ == "__main__":
    main()
