"""Requests that wait for their end: an answer, an error, or the end of their time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from headgate.kit.errors import TransportError
from headgate.kit.http.request import Response

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from headgate.deliver.transport.egress import Origin
    from headgate.kit.errors import TransportKind
    from headgate.kit.http.request import Request
T = TypeVar("T")

Outcome = Response | TransportError | None
"""How a flight ended; None when its time was over first."""

Flight = asyncio.Future[Outcome]
"""One request on its way. An error is its result and not its exception, so that a flight
which nobody waits for any more leaves no trace."""


def settle(flight: Flight, outcome: Outcome) -> None:
    """End a flight; the first end counts."""
    if not flight.done():
        flight.set_result(outcome)


async def unless_over(flight: Flight, work: Coroutine[object, object, T]) -> T | None:
    """Return what `work` returns, or None when the flight ended before; then it is cancelled."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.wait((task, flight), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        if not task.cancel() and not task.cancelled():
            task.exception()  # it may have failed while nobody listened any more


class Flights:
    """The flights of one transport, with deadlines for the price of one timer.

    Those with the same allowance end in the order they began, so each allowance needs one timer,
    set for its oldest flight; one that ends in time costs two dictionary operations.
    """

    def __init__(self) -> None:
        self._lanes: dict[float, dict[Flight, float]] = {}
        self._timers: dict[float, asyncio.TimerHandle] = {}
        self._closed = False

    def begin(self, loop: asyncio.AbstractEventLoop, seconds: float) -> Flight:
        """Return a new flight, which ends as None after `seconds`."""
        if self._closed:
            raise _closed()
        flight: Flight = loop.create_future()
        due = loop.time() + seconds
        lane = self._lanes.get(seconds)
        if lane is None:
            lane = self._lanes[seconds] = {}
            self._timers[seconds] = loop.call_at(due, self._sweep, loop, seconds)
        lane[flight] = due
        return flight

    def forget(self, flight: Flight, seconds: float) -> None:
        """Stop counting; a flight whose time was over is forgotten already."""
        lane = self._lanes.get(seconds)
        if lane is not None:
            lane.pop(flight, None)

    def close(self) -> None:
        """End all with an error, and begin none any more."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        for lane in self._lanes.values():
            for flight in lane:
                settle(flight, _closed())
        self._timers.clear()
        self._lanes.clear()

    def _sweep(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        """End what is due and set the timer for the next; an empty lane goes away."""
        lane = self._lanes[seconds]
        now = loop.time()
        while lane:
            flight, due = next(iter(lane.items()))
            if due > now:
                self._timers[seconds] = loop.call_at(due, self._sweep, loop, seconds)
                return
            del lane[flight]
            settle(flight, None)
        del self._lanes[seconds], self._timers[seconds]


def why(flight: Flight, request: Request, what: str, kind: TransportKind) -> TransportError:
    """Say why a flight ended without a response: its own error, or `what` was late."""
    outcome = flight.result()
    if isinstance(outcome, TransportError):
        return outcome
    return TransportError(f"{what} within {request.timeout:.3g} s", kind=kind)


def undialled(origin: Origin, address: str, problem: str, kind: TransportKind) -> TransportError:
    """Say why a connection to an address did not come about."""
    return TransportError(f"{origin.authority} at {address}: {problem}", kind=kind)


def _closed() -> TransportError:
    return TransportError("the transport was closed", kind="reset")
