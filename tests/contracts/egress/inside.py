"""The program that runs in the namespace: every line on every entry point, and what was dialled.

Its arguments are a folder for its files, the ways of writing the lines, names of entry points, and
`once` for names that change not to be used again after they have.
It prints a line of JSON, a `Tried`, for each URL that it gave to one of them.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import msgspec

from headgate.deliver.transport.egress import Egress
from tests.contracts.egress import lines
from tests.contracts.egress.drivers import DRIVERS, Bench
from tests.contracts.egress.namespace import Seen, prepare
from tests.contracts.egress.told import AFTER, AS_WRITTEN, FIRST, PLAIN, Tried, written
from tests.contracts.transport.scripted_nameserver import naming
from tests.contracts.transport.scripted_server import serving
from tests.harness.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tests.contracts.egress.lines import Line
    from tests.contracts.transport.scripted_nameserver import Nameserver
    from tests.contracts.transport.scripted_server import Peer, Received, Server

_EXPIRED_SECONDS = 1.1
"""No answer of the name server is good for more than a second."""


def main(folder: Path, ways: Sequence[str], names: Sequence[str], *, once: bool) -> None:
    prepare()
    for name in [name for name in os.environ if name.startswith("HEADGATE_")]:
        del os.environ[name]
    os.chdir(folder)
    authority = Authority(folder)
    certifi.where = lambda: str(authority.ca_file)
    for way in ways:
        phases = (FIRST,) if once or way == AS_WRITTEN else (FIRST, *AFTER)
        asyncio.run(_all(folder, authority, way, names, phases))


async def _all(
    folder: Path, authority: Authority, way: str, names: Sequence[str], phases: Sequence[str]
) -> None:
    Egress.__init__.__kwdefaults__["https_only"] = way != PLAIN  # type: ignore[index]
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(each) for each in _answering(authority)]
        at_work = [
            _Work(name, way, *(await stack.enter_async_context(_bench(folder, name))), servers)
            for name in names
        ]
        for phase in phases:
            is_later = phase != FIRST
            for work in at_work:
                work.nameserver.names = lines.names(late=is_later, delivered=is_later)
                for line in lines.lines() if phase == FIRST else lines.rebinding():
                    await work.give(line, phase)
            await asyncio.sleep(_EXPIRED_SECONDS if phase != phases[-1] else 0)


@asynccontextmanager
async def _bench(folder: Path, name: str) -> AsyncIterator[tuple[Bench, Nameserver]]:
    own = folder / name
    own.mkdir(exist_ok=True)
    async with naming(lines.names(late=False, delivered=False), ttl=0) as nameserver:
        bench = Bench(nameserver.address, own)
        try:
            yield bench, nameserver
        finally:
            await bench.close()


def _answering(authority: Authority) -> list[AbstractAsyncContextManager[Server]]:
    """Whoever is dialled on the standard ports answers, and its name has a good certificate."""
    tls = authority.context("*.ssrf.test")
    ends = (("0.0.0.0", 80, None), ("::", 80, None), ("0.0.0.0", 443, tls), ("::", 443, tls))  # noqa: S104 - loopback only
    return [serving(_answer, host=host, port=port, tls=tls) for host, port, tls in ends]


async def _answer(received: Received, peer: Peer) -> None:
    path = received.line.split(" ")[1].partition("?")[0]
    status, target, *headers = lines.redirects().get(path, [200, None])
    extra = f"Location: {target}\r\n" if target else ""
    extra += "".join(f"{name}: {value}\r\n" for each in headers for name, value in each.items())
    body = b'{"access_token": "new"}'
    await peer.answer(body, status=f"{status} Told", extra=extra)


class _Work:
    """One entry point at work: gives it URLs, and tells what came of each."""

    def __init__(
        self, name: str, way: str, bench: Bench, nameserver: Nameserver, servers: Sequence[Server]
    ) -> None:
        self.nameserver = nameserver
        self._name, self._way, self._bench, self._servers = name, way, bench, servers

    async def give(self, line: Line, phase: str) -> None:
        self._bench.enter()
        before = sum(len(each.requests) for each in self._servers)
        said = await _said(DRIVERS[self._name], self._bench, written(line, self._way))
        requests = sum(len(each.requests) for each in self._servers) - before
        dials = tuple(sorted(seen().dials()))
        tried = Tried(self._way, self._name, line.number, phase, said, dials, requests)
        sys.stdout.buffer.write(msgspec.json.encode(tried) + b"\n")


async def _said(driver: Callable[..., object], bench: Bench, url: str) -> str:
    try:
        return f"answered: {await driver(bench, url)!r}"  # type: ignore[misc]
    except Exception as error:  # noqa: BLE001 - whatever an entry point makes of a bad URL
        return f"{type(error).__name__}: {error}"


_seen: list[Seen] = []


def seen() -> Seen:
    if not _seen:
        _seen.append(Seen())
    return _seen[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3].split(","), once="once" in sys.argv)
