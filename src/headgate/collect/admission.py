"""Who may come in, and how fast: sockets, bytes and rates (reliability section 5)."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from headgate.collect.answers import Answer, too_many, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.settings import Settings

MOST_HELD: Final = 64 * 1024 * 1024
"""Bytes of bodies that are still arriving, over all sockets of a process."""
_FORGET: Final = 10_000
"""Buckets of one kind that are remembered; full ones are the same as none."""
_LONGEST_SECONDS: Final = 10


class Rates(NamedTuple):
    """Events a second, in this process; 0 for no limit."""

    collect: float = 0
    source: float = 0
    address: float = 0


class Sockets(NamedTuple):
    """How many sockets there may be, in all and from one address; 0 for no limit."""

    most: int = 0
    of_address: int = 0


def rates_of(settings: Settings) -> Rates:
    """The share that one of the collect processes has of what an operator allows."""
    processes = settings.collect_processes
    return Rates(
        settings.collect_rate / processes,
        settings.source_rate / processes,
        settings.address_rate / processes,
    )


class Bucket:
    """A token bucket: one second's worth may come at once, and an overdraft is paid back first."""

    __slots__ = ("_at", "_rate", "_tokens")

    def __init__(self, rate: float, now: float) -> None:
        self._rate, self._at = rate, now
        self._tokens = max(1.0, rate)

    def wait(self, now: float) -> float:
        """Seconds until something may come; 0 for at once."""
        self._tokens = min(max(1.0, self._rate), self._tokens + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._tokens > 0 else (1 - self._tokens) / self._rate

    def take(self, count: int) -> None:
        self._tokens -= count


class Admission:
    """Decides before anything is decoded, so that refusing stays cheap."""

    def __init__(
        self,
        rates: Rates | None = None,
        sockets: Sockets | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates, self._sockets = rates or Rates(), sockets or Sockets()
        self._clock = clock
        self._all = Bucket(self._rates.collect, clock()) if self._rates.collect else None
        self._buckets: dict[int | str, Bucket] = {}
        self._from: Counter[str] = Counter()
        self._open = 0
        self._held = 0
        self.is_limited = any(self._rates)
        """Whether there is any rate to ask for."""

    # sockets, and bytes of bodies that arrive

    def welcome(self, peer: str) -> Answer | None:
        """Admit a socket, or refuse it; one that was admitted is given back by `gone`."""
        sockets = self._sockets
        if sockets.of_address and self._from[peer] >= sockets.of_address:
            return self._too_many(f"{sockets.of_address} connections from one address are enough")
        if sockets.most and self._open >= sockets.most:
            return self._unavailable("There are too many connections")
        self._from[peer] += 1
        self._open += 1
        return None

    def gone(self, peer: str) -> None:
        self._open -= 1
        self._from[peer] -= 1
        if self._from[peer] <= 0:
            del self._from[peer]

    def hold(self, size: int) -> Answer | None:
        """Count bytes of bodies that are not whole; negative gives them back."""
        self._held += size
        if size > 0 and self._held > MOST_HELD:
            return self._unavailable("Too many bytes are on their way")
        return None

    # rates

    def any(self) -> Answer | None:
        """Ask before the body is looked at."""
        if self._all is None:
            return None
        wait = self._all.wait(self._clock())
        return (
            self._unavailable("This server takes no more events a second", wait) if wait else None
        )

    def source(self, number: int) -> Answer | None:
        """Ask once the source is known."""
        return self._ask(number, self._rates.source, "this source")

    def address(self, peer: str) -> Answer | None:
        return self._ask(peer, self._rates.address, "one address")

    def take(self, number: int, peer: str, count: int) -> None:
        """Charge events that came in; a batch may overdraw, which later ones wait for."""
        for bucket in (self._all, self._buckets.get(number), self._buckets.get(peer)):
            if bucket is not None:
                bucket.take(count)

    def _ask(self, whose: int | str, rate: float, what: str) -> Answer | None:
        if not rate:
            return None
        now = self._clock()
        bucket = self._buckets.get(whose)
        if bucket is None:
            if len(self._buckets) >= _FORGET:
                self._buckets = {who: each for who, each in self._buckets.items() if each.wait(now)}
            bucket = self._buckets[whose] = Bucket(rate, now)
        wait = bucket.wait(now)
        return self._too_many(f"Too many events a second from {what}", wait) if wait else None

    def _too_many(self, reason: str, wait: float = 1.0) -> Answer:
        return too_many(f"{reason}: send slower.", _seconds(wait))

    def _unavailable(self, reason: str, wait: float = 1.0) -> Answer:
        return unavailable(f"{reason}: try again later.", _seconds(wait))


def _seconds(wait: float) -> int:
    """Whole seconds, at least 1; spread, so that those refused together do not return together."""
    spread = random.uniform(1, 2)  # noqa: S311 - nobody gains by guessing it
    return max(1, min(_LONGEST_SECONDS, math.ceil(wait * spread)))
