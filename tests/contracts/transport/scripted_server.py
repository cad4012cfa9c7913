"""An HTTP server that does what a test says, byte for byte, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire; `connection` counts from 1, `nth` on it from 1."""

    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int
    nth: int

    def header(self, name: str) -> str:
        return next(value for key, value in self.headers if key.lower() == name.lower())


class Peer:
    """The other side of one connection, to answer on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, text: str | bytes) -> None:
        self._writer.write(text.encode() if isinstance(text, str) else text)
        await self._writer.drain()

    async def answer(
        self, body: bytes = b'{"ok": true}', *, status: str = "200 OK", extra: str = ""
    ) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{extra}"
        await self.say(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def gone(self) -> None:
        """Wait until the other side closes the connection."""
        while await self._reader.read(65536):
            pass

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        """Break the connection as a crashed machine does: the other side sees ECONNRESET."""
        raw: socket.socket = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


async def plainly(_: Received, peer: Peer) -> None:
    await peer.answer()


async def never(_: Received, peer: Peer) -> None:
    await peer.gone()


@dataclass
class Server:
    """What a running server saw so far."""

    port: int
    scheme: str = "http"
    host: str = "127.0.0.1"
    connections: int = 0
    open: int = 0
    requests: list[Received] = field(default_factory=list)

    def url(self, path: str = "/", host: str | None = None) -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"


@asynccontextmanager
async def serving(
    answer: Callable[[Received, Peer], Awaitable[None]] = plainly,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    greeting: Callable[[Peer], Awaitable[None]] | None = None,
) -> AsyncIterator[Server]:
    """Serve until the block ends; `answer` is called for each request, in order.

    `greeting` runs for each new connection before anything is read. When `answer` returns, the
    connection stays open for the next request.
    """
    server = Server(0, "https" if tls else "http", host)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.connections += 1
        server.open += 1
        try:
            await _serve(server, reader, writer, answer, greeting)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            server.open -= 1
            tasks.discard(task)
            writer.close()

    listening = await asyncio.start_server(
        connected, host, port, ssl=tls, backlog=512, limit=1 << 22
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve(
    server: Server,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    answer: Callable[[Received, Peer], Awaitable[None]],
    greeting: Callable[[Peer], Awaitable[None]] | None,
) -> None:
    connection, nth, peer = server.connections, 0, Peer(reader, writer)
    if greeting is not None:
        await greeting(peer)
    while True:
        nth += 1
        received = await _receive(reader, connection, nth)
        server.requests.append(received)
        await answer(received, peer)


async def _receive(reader: asyncio.StreamReader, connection: int, nth: int) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head[:-4].split("\r\n")
    headers = tuple((name, value) for name, _, value in (text.partition(": ") for text in rest))
    length = next((int(value) for name, value in headers if name == "Content-Length"), 0)
    body = await reader.readexactly(length)
    return Received(line, headers, body, connection, nth)


@asynccontextmanager
async def unwilling() -> AsyncIterator[int]:
    """A port where nobody listens: a connection to it is refused."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@asynccontextmanager
async def black_hole(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """A port whose queue of connections is full: a further one is neither taken nor refused."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(0)
        number: int = listening.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex((host, number))
        await asyncio.sleep(0.05)
        try:
            yield number
        finally:
            for filler in fillers:
                filler.close()
