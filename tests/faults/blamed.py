"""Which fault made a destination get something again, and how many requests each one cost."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.harness.receiver import Received

DYING_SECONDS = 0.3
"""So long after a kill the receiver may still find what had been sent; no successor sends yet."""


class Fault(NamedTuple):
    """A process that was killed, or stopped for so many seconds, at a moment of the machine."""

    name: str
    at: float
    stopped: float = 0.0

    def __str__(self) -> str:
        how = f"stopped {self.stopped:.1f} s" if self.stopped else "killed"
        return f"{self.name} {how}"


def messages(received: Received) -> list[str]:
    """The ids of the event, or of all events of the batch, that a request carries."""
    if received.message_id is not None:
        return [received.message_id]
    return [event["messageId"] for event in msgspec.json.decode(received.body or "[]")]


def costs(taken: Iterable[Received], faults: Sequence[Fault]) -> list[int]:
    """For each fault the requests whose events came again because of it.

    Only the first fault after a request can have lost that it was taken. Fails when something
    came again and there was none in between.
    """
    times: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for each in taken:
        for message in messages(each):
            times[message].append((each.at, f"{each.connection}.{each.nth}"))
    lost: list[set[str]] = [set() for _ in faults]
    for message, requests in times.items():
        for (earlier, request), (later, _) in pairwise(sorted(requests)):
            lost[_cause(message, earlier, later, faults)].add(request)
    return [len(requests) for requests in lost]


def _cause(message: str, earlier: float, later: float, faults: Sequence[Fault]) -> int:
    for number, fault in enumerate(faults):
        if earlier < fault.at + fault.stopped + DYING_SECONDS and fault.at < later:
            return number
    raise AssertionError(f"{message} was sent twice without a fault, {later - earlier:.2f} s apart")
