"""A server that speaks just enough HTTP/2 to answer: RFC 9113 frames, and no header table."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY = 0, 1, 3, 4, 6, 7
_ACK = _END_STREAM = 1
_END_HEADERS = 4
_STATUS_200 = b"\x88"
_REFUSED = (7).to_bytes(4, "big")


@dataclass
class H2Server:
    """What a running server saw; each stream is answered once its last frame came."""

    port: int = 0
    connections: int = 0
    protocols: set[str | None] = field(default_factory=set)
    bodies: list[bytes] = field(default_factory=list)
    refuse: bool = False
    """Refuse the streams of a connection after its first: HTTP/2 lets a client repeat them."""

    def url(self, host: str, path: str = "/") -> str:
        return f"https://{host}:{self.port}{path}"


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
    return head + payload


def _literal(name: bytes, value: bytes) -> bytes:
    return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value


async def _speak(
    server: H2Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    assert await reader.readexactly(len(_PREFACE)) == _PREFACE
    writer.write(_frame(_SETTINGS, 0, 0))
    streams: dict[int, bytes] = {}
    answered = 0
    while True:
        head = await reader.readexactly(9)
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
        if kind in (_SETTINGS, _PING) and not flags & _ACK:
            writer.write(_frame(kind, _ACK, 0, payload if kind == _PING else b""))
        if kind == _HEADERS:
            streams[stream] = b""
        if kind == _DATA:
            streams[stream] += payload
        if kind in (_HEADERS, _DATA) and flags & _END_STREAM:
            server.bodies.append(streams.pop(stream))
            refused = server.refuse and answered > 0
            writer.write(_refusal(stream) if refused else _answer(stream, server.bodies[-1]))
            answered += 1


def _answer(stream: int, body: bytes) -> bytes:
    headers = _STATUS_200 + _literal(b"x-protocol", b"h2")
    head = _frame(_HEADERS, _END_HEADERS, stream, headers)
    return head + _frame(_DATA, _END_STREAM, stream, body)


def _refusal(stream: int) -> bytes:
    return _frame(_RESET, 0, stream, _REFUSED)


@asynccontextmanager
async def speaking_h2(tls: ssl.SSLContext) -> AsyncIterator[H2Server]:
    """Serve until the block ends; every body comes back as the answer's."""
    server = H2Server()
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.connections += 1
        server.protocols.add(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        try:
            await _speak(server, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
