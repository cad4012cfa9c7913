"""The process of an upstream: every endpoint on a port of its own, and a nameserver."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tests.contracts.transport.scripted_nameserver import SERVFAIL, naming
from tests.faults.upstream import answers, endpoints, handshaking, secure
from tests.faults.upstream.endpoints import Endpoint
from tests.faults.upstream.h2 import says_goodbye
from tests.faults.upstream.handshaking import Handshaking
from tests.faults.upstream.peer import Peer
from tests.faults.upstream.seen import Opened, Seen, now

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

LOOPBACK = "127.0.0.1"
RECORDS = "seen.jsonl"
FORGOTTEN_AFTER = 1
"""Seconds for which an answer of the nameserver holds."""
ALIVE, INNER = [LOOPBACK], ["10.0.0.5"]
DEAD_FIRST = {"plain": "::1", "tls": "127.0.0.2"}
"""The address before the one that works; the second is for machines without IPv6."""
NAMED = frozenset({"uf_dns_private", "uf_ipv6_dead"})
LONGEST_HEAD = 65536
SMALL_BUFFER = 4096
UNREAD = frozenset({"uf_accept_noread", *answers.AT_HEAD})
NAMES: dict[str, Sequence[Sequence[str] | int | None]] = {
    "uf_dns_servfail": [SERVFAIL],
    "uf_dns_slow": [None],
    "uf_dns_private": [ALIVE, INNER],
}


class Stub:
    """What all endpoints share: the file of records, and the count of connections."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._records = os.open(folder / RECORDS, flags, 0o600)
        self._messages: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = 0
        self.urls: dict[str, str] = {}
        self.contexts = secure.contexts(folder)

    def note(self, seen: Seen) -> int:
        """Write down, and say how many messages came before the last of this request, and it.

        One write for one line: it is whole in the file even if the next moment is the last.
        """
        os.write(self._records, msgspec.json.encode(seen) + b"\n")
        known = self._messages[seen.slug]
        return max((known.setdefault(each, len(known) + 1) for each in seen.messages), default=0)

    async def open(self, endpoint: Endpoint) -> None:
        """Listen for one endpoint, and say by `urls` where."""
        listening = socket.socket()
        if endpoint.fault in UNREAD:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        listening.bind((LOOPBACK, 0))
        port = listening.getsockname()[1]
        is_named = endpoint.secure or endpoint.fault in NAMED
        host = endpoint.host if is_named else LOOPBACK
        scheme = "https" if endpoint.secure else "http"
        self.urls[endpoint.slug] = f"{scheme}://{host}:{port}/"
        if endpoint.fault == "uf_refused":
            self.held = listening
            return
        if endpoint == endpoints.BLACK_HOLE:
            listening.close()
            fill(LOOPBACK, port)
            return
        if endpoint.fault == "uf_ipv6_dead":
            fill(DEAD_FIRST[endpoint.variant], port)
        await asyncio.start_server(
            lambda reader, writer: self._connected(endpoint, reader, writer),
            sock=listening,
            ssl=self._tls(endpoint),
            limit=LONGEST_HEAD,
        )

    def _tls(self, endpoint: Endpoint) -> ssl.SSLContext | None:
        if not endpoint.secure or endpoint.fault in secure.WITHOUT:
            return None
        return self.contexts.get(endpoint.fault, self.contexts[""])

    async def _connected(
        self, endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)  # whoever waits for nothing would be collected, and hang up
        self._connections += 1
        slug = endpoint.slug
        self.note(Seen(now(), slug, self._connections))
        peer = Peer(slug, self._connections, reader, writer, self.note)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._serve(endpoint, peer)
        self._tasks.discard(task)
        writer.close()

    async def _serve(self, endpoint: Endpoint, peer: Peer) -> None:
        fault = endpoint.fault
        if fault == "uf_goaway":
            await says_goodbye(peer)
        elif fault == "uf_tls_handshake_hang":
            await peer.gone()
        elif fault in answers.AT_ONCE:
            await answers.AT_ONCE[fault](peer)
        elif fault in answers.AT_HEAD:
            while True:
                await peer.head_only()
                await answers.AT_HEAD[fault](peer)
        else:
            deed = answers.of(endpoint, self.urls[endpoints.TARGET.slug])
            while True:
                await peer.request()
                await deed(peer)


def fill(host: str, port: int) -> None:
    """Make a port take no further connection, nor refuse it: its queue is full."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    with contextlib.suppress(OSError):  # a machine without IPv6
        listening.bind((host, port))
        listening.listen(0)
        fillers = [socket.socket(family) for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)  # noqa: FBT003 - the library's signature
            filler.connect_ex((host, port))
        _held.extend([listening, *fillers])


_held: list[socket.socket] = []


def names() -> dict[str, Sequence[Sequence[str] | int | None]]:
    """What the nameserver says; names that are not there do not exist."""
    found: dict[str, Sequence[Sequence[str] | int | None]] = {}
    for endpoint in endpoints.ALL:
        found[endpoint.host] = NAMES.get(endpoint.fault, [ALIVE])
        if endpoint.fault == "uf_ipv6_dead":
            found[endpoint.host] = [[DEAD_FIRST[endpoint.variant], LOOPBACK]]
        if endpoint.fault == "uf_dns_nx":
            del found[endpoint.host]
    return found


async def serve(folder: Path) -> None:
    """Serve until standard input closes: the test has ended then, however it did."""
    loop, over, stub = asyncio.get_running_loop(), asyncio.Event(), Stub(folder)
    loop.add_reader(sys.stdin.fileno(), over.set)
    answers.bomb()
    endless: list[Handshaking] = []
    for endpoint in endpoints.ALL:
        if endpoint.fault in endpoints.NOWHERE:
            scheme = "https" if endpoint.secure else "http"
            stub.urls[endpoint.slug] = f"{scheme}://{endpoint.host}/"
        elif endpoint.fault != "uf_tls_renego":
            await stub.open(endpoint)
        elif handshaking.is_possible():
            server = Handshaking(endpoint.variant, folder / f"*.{endpoints.DOMAIN}1.pem")
            await server.start()
            endless.append(server)
            stub.urls[endpoint.slug] = f"https://{endpoint.host}:{server.port}/"
    async with naming(names(), ttl=FORGOTTEN_AFTER) as nameserver:
        opened = Opened(stub.urls, nameserver.address, str(folder / "authority.pem"))
        sys.stdout.write(msgspec.json.encode(opened).decode() + "\n")
        sys.stdout.flush()
        await over.wait()
    for server in endless:
        await server.end()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
