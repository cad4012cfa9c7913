"""Who may come in, and how fast: sockets, bytes and rates (reliability section 5)."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from headgate.collect.answers import Answer, too_many, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.settings import Settings

MOST_HELD: Final = 64 * 1024 * 1024
"""Bytes of bodies that are still arriving, over all sockets of a process."""
MOST_OF_AN_ADDRESS: Final = MOST_HELD // 4
"""Of these, those that come from one address: nobody alone keeps bodies out."""
_MANY: Final = 10_000
"""Buckets of one kind, above which those that are full are forgotten: they are as good as none."""
_TIDY_SECONDS: Final = 5.0
_LONGEST_SECONDS: Final = 10
_SPREAD_SECONDS: Final = 3


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
    """What one of the collect processes allows.

    The whole is shared out; a source or an address has its rate in each process, since it may
    have but one connection, which is with one of them.
    """
    share = settings.collect_rate / settings.collect_processes
    return Rates(share, settings.source_rate, settings.address_rate)


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

    def is_full(self, now: float) -> bool:
        self.wait(now)
        return self._tokens >= max(1.0, self._rate)


Whose = TypeVar("Whose", int, str)


class Buckets(Generic[Whose]):
    """A bucket for each of many; those that are full again are forgotten."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._buckets: dict[Whose, Bucket] = {}
        self._tidied = 0.0

    def wait(self, whose: Whose, now: float) -> float:
        """Seconds until something may come; 0 for at once."""
        if not self._rate:
            return 0.0
        bucket = self._buckets.get(whose)
        if bucket is None:
            if len(self._buckets) >= _MANY:
                self._tidy(now)
            bucket = self._buckets[whose] = Bucket(self._rate, now)
        return bucket.wait(now)

    def take(self, whose: Whose, count: int) -> None:
        if whose in self._buckets:
            self._buckets[whose].take(count)

    def _tidy(self, now: float) -> None:
        """Looking at all of them takes a while, so not too often; then the oldest has to go."""
        if now - self._tidied > _TIDY_SECONDS:
            self._tidied = now
            kept = {who: each for who, each in self._buckets.items() if not each.is_full(now)}
            self._buckets = kept
        if len(self._buckets) >= 2 * _MANY:
            del self._buckets[next(iter(self._buckets))]


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
        self._sources: Buckets[int] = Buckets(self._rates.source)
        self._addresses: Buckets[str] = Buckets(self._rates.address)
        self._from: Counter[str] = Counter()
        self._open = 0
        self._held = 0
        self._held_by: Counter[str] = Counter()
        self.is_limited = any(self._rates)
        """Whether there is any rate to ask for."""

    # sockets, and bytes of bodies that arrive

    def welcome(self, peer: str, *, is_proxy: bool = False) -> Answer | None:
        """Admit a socket, or refuse it; one that was admitted is given back by `gone`."""
        sockets = self._sockets
        if sockets.of_address and not is_proxy and self._from[peer] >= sockets.of_address:
            return self._too_many(f"{sockets.of_address} connections from one address are enough")
        if sockets.most and self._open >= sockets.most:
            return self._unavailable("There are too many connections")
        self._from[peer] += 1
        self._open += 1
        return None

    def admitted(self) -> int:
        return self._open

    def gone(self, peer: str) -> None:
        self._open -= 1
        self._from[peer] -= 1
        if self._from[peer] <= 0:
            del self._from[peer]

    def hold(self, size: int, peer: str = "") -> Answer | None:
        """Count bytes of bodies that are not whole; negative gives them back.

        `peer` is the address they come from, "" for a trusted proxy, which speaks for many.
        """
        self._held += size
        mine = self._held_by[peer] + size
        self._held_by[peer] = mine
        if not mine:
            del self._held_by[peer]
        if size > 0 and peer and mine > MOST_OF_AN_ADDRESS:
            return self._too_many("Too many bytes of one address are on their way")
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
        return self._ask(self._sources, number, "this source")

    def address(self, peer: str) -> Answer | None:
        return self._ask(self._addresses, peer, "one address")

    def charge(self, peer: str) -> None:
        """A request that brought nothing was work, too."""
        self._addresses.wait(peer, self._clock())
        self._addresses.take(peer, 1)

    def take(self, number: int, peer: str, count: int) -> None:
        """Charge events that came in; a batch may overdraw, which later ones wait for."""
        if self._all is not None:
            self._all.take(count)
        self._sources.take(number, count)
        self._addresses.take(peer, count)

    def _ask(self, buckets: Buckets[Whose], whose: Whose, what: str) -> Answer | None:
        wait = buckets.wait(whose, self._clock())
        return self._too_many(f"Too many events a second from {what}", wait) if wait else None

    def _too_many(self, reason: str, wait: float = 1.0) -> Answer:
        return too_many(f"{reason}: send slower.", _seconds(wait))

    def _unavailable(self, reason: str, wait: float = 1.0) -> Answer:
        return unavailable(f"{reason}: try again later.", _seconds(wait))


def _seconds(wait: float) -> int:
    """Whole seconds, at least 1; spread, so that those refused together do not return together."""
    spread = random.randint(1, _SPREAD_SECONDS)  # noqa: S311 - nobody gains by guessing it
    return min(_LONGEST_SECONDS, math.floor(wait) + spread)
