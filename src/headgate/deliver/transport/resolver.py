"""Names to addresses, never blocking: cached, bounded, with a deadline for each name."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.deliver.transport.hosts import Hosts
from headgate.deliver.transport.lookup import Records, look_up
from headgate.kit.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHORTEST = 1.0
LONGEST = 300.0
FAILED_FOR = 5.0
_NAMES_KEPT = 4096
_IPV6_CHECKED_FOR = 30.0
_IPV6_PROBE = ("2001:4860:4860::8888", 53)


@dataclass(frozen=True, slots=True)
class Answer:
    """The addresses of a name until `expires` (monotonic seconds), or why there are none."""

    addresses: tuple[str, ...]
    expires: float
    failure: str = ""


class Resolver:
    """The one place where a destination's name becomes addresses (data-path section 5).

    Answers are kept for their TTL, at least 1 s and at most 300 s; failures for 5 s. A name is
    asked for once at a time whoever wants it, and at most `most` names at a time. `nameservers`
    are `host` or `host:port` (`[v6]:port`); none means those of the system. Names in `hosts`
    are taken from there. `deadline` is in seconds, for one name at the nameservers.
    """

    def __init__(
        self,
        *,
        nameservers: Sequence[str] = (),
        hosts: Path = Path("/etc/hosts"),
        deadline: float = 5.0,
        most: int = 512,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nameservers = tuple(nameservers)
        self._hosts = Hosts(hosts)
        self._deadline = deadline
        self._room = asyncio.Semaphore(most)
        self._now = now
        self._answers: dict[str, Answer] = {}
        self._asking: dict[str, _Asking] = {}
        self._ipv6 = (False, float("-inf"))

    def cached(self, host: str) -> Answer | None:
        """Return the answer that still holds, without asking anybody."""
        answer = self._answers.get(host)
        return answer if answer is not None and self._now() < answer.expires else None

    async def resolve(self, host: str, within: float) -> Answer:
        """Return the addresses of a name, at least one.

        Raises `TransportError` of the kind `dns` when the name has none, when nobody answers, or
        after `within` seconds. A caller that goes away takes the lookup with it if it was the last.
        """
        answer = self.cached(host) or self._local(host) or await self._ask(host, within)
        if answer is None:
            raise TransportError(f"{host} was not resolved within {within:.3g} s", kind="dns")
        if answer.failure:
            raise TransportError(f"{host} cannot be resolved: {answer.failure}", kind="dns")
        return answer

    async def close(self) -> None:
        """Give up what is being asked; those who wait get a `dns` error."""
        tasks = [asking.task for asking in self._asking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _local(self, host: str) -> Answer | None:
        found = self._hosts.find(host)
        return self._keep(host, Records(found, 0)) if found else None

    async def _ask(self, host: str, within: float) -> Answer | None:
        asking = self._asking.get(host) or self._start(host)
        asking.waiting += 1
        try:
            await asyncio.wait([asking.task], timeout=within)
        finally:
            asking.waiting -= 1
            if not asking.waiting:
                asking.task.cancel()
                self._forget(host, asking)
        if not asking.task.done():
            return None
        if asking.task.cancelled():
            return Answer((), self._now(), "the resolver was closed")
        return asking.task.result()

    def _start(self, host: str) -> _Asking:
        asking = _Asking(asyncio.get_running_loop().create_task(self._look_up(host)))
        self._asking[host] = asking
        asking.task.add_done_callback(lambda _: self._forget(host, asking))
        return asking

    def _forget(self, host: str, asking: _Asking) -> None:
        if self._asking.get(host) is asking:
            del self._asking[host]

    async def _look_up(self, host: str) -> Answer:
        async with self._room:
            try:
                async with asyncio.timeout(self._deadline):
                    records = await look_up(host, self._nameservers)
            except TimeoutError:
                records = Records((), 0, f"no nameserver answered within {self._deadline:g} s")
        return self._keep(host, records)

    def _keep(self, host: str, records: Records) -> Answer:
        now = self._now()
        ttl = FAILED_FOR if records.failure else min(max(records.ttl, SHORTEST), LONGEST)
        answer = Answer(self._ordered(records.addresses), now + ttl, records.failure)
        self._answers.pop(host, None)
        if len(self._answers) >= _NAMES_KEPT:
            del self._answers[next(iter(self._answers))]
        self._answers[host] = answer
        return answer

    def _ordered(self, found: tuple[str, ...]) -> tuple[str, ...]:
        """Leave the order as it came, but IPv6 last where this machine has no route for it."""
        if not any(":" in address for address in found) or self._has_ipv6():
            return found
        return tuple(sorted(found, key=lambda address: ":" in address))

    def _has_ipv6(self) -> bool:
        routable, checked = self._ipv6
        if self._now() - checked > _IPV6_CHECKED_FOR:
            routable = _ipv6_route()
            self._ipv6 = (routable, self._now())
        return routable


class _Asking:
    """A lookup under way and how many wait for it."""

    __slots__ = ("task", "waiting")

    def __init__(self, task: asyncio.Task[Answer]) -> None:
        self.task = task
        self.waiting = 0


def _ipv6_route() -> bool:
    """Connecting a datagram socket sends nothing; it fails where there is no route."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect(_IPV6_PROBE)
    except OSError:
        return False
    return True
