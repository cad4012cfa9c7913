"""The upstream's side of one connection: reads requests, notes them, and answers as it likes."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import struct
from typing import TYPE_CHECKING, Any

import msgspec

from tests.faults.upstream.seen import Seen, now

if TYPE_CHECKING:
    from collections.abc import Callable

_END = b"\r\n\r\n"


class Peer:
    """Raises `ConnectionError` or `IncompleteReadError` when the other side goes away."""

    def __init__(
        self,
        slug: str,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        note: Callable[[Seen], int],
    ) -> None:
        self.slug, self.number, self.nth = slug, number, 0
        self.status: Callable[[str], int] | None = None
        self.reader, self.writer = reader, writer
        self.ordinal = 0
        """The how-manieth message of the endpoint the last one was."""
        self.last: Seen | None = None
        self.headers: dict[str, str] = {}
        self.length = 0
        """Of the last request's body, in bytes."""
        self._note = note

    async def request(self) -> Seen:
        """Read the next request to its end."""
        headers = await self._head()
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return self.take(headers, body)

    async def head_only(self) -> Seen:
        """Read the head of the next request, and leave its body where it is."""
        self.headers = headers = await self._head()
        self.length = int(headers.get("content-length", "0"))
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # streams read
        return self.take(headers, b"")

    async def rest(self) -> bytes:
        """Read the body that was left."""
        self.writer.transport.resume_reading()  # type: ignore[attr-defined]
        return await self.reader.readexactly(self.length)

    async def _head(self) -> dict[str, str]:
        raw = await self.reader.readuntil(_END)
        line, *rest = raw[: -len(_END)].decode("latin-1").split("\r\n")
        pairs = (text.partition(":") for text in rest)
        return {"": line} | {name.strip().lower(): text.strip() for name, _, text in pairs}

    def take(self, headers: dict[str, str], body: bytes) -> Seen:
        """Note a request."""
        self.nth += 1
        self.last = seen = Seen(
            at=now(),
            slug=self.slug,
            connection=self.number,
            nth=self.nth,
            key=headers.get("idempotency-key", ""),
            messages=_message_ids(body),
            digest=hashlib.sha256(body).hexdigest(),
            cookie=headers.get("cookie", ""),
            encoding=headers.get("accept-encoding", ""),
            authorization=headers.get("authorization", ""),
        )
        self.ordinal = self._note(seen)
        return seen

    async def say(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)
        await self.writer.drain()
        await asyncio.sleep(0)  # who says things without end must hear of the end

    async def answer(
        self, status: object = "200 OK", body: bytes = b"{}", /, **headers: str
    ) -> None:
        """Answer whole; `Retry_After="2"` becomes the header `Retry-After: 2`."""
        await self.say(whole(status, body, **headers))

    async def gone(self) -> None:
        """Wait until the other side closes the connection."""
        while await self.reader.read(65536):
            pass

    def close(self) -> None:
        self.writer.close()

    def abort(self) -> None:
        """Close without any farewell of TLS."""
        self.writer.transport.abort()

    def reset(self) -> None:
        """Break the connection as a crashed machine does: the other side sees ECONNRESET."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    @property
    def socket(self) -> socket.socket:
        found: socket.socket = self.writer.get_extra_info("socket")
        return found


def whole(status: object, body: bytes = b"{}", /, **headers: str) -> bytes:
    """An answer whose framing is right; a header that is given takes the place of ours."""
    named = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): text for name, text in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {text}" for name, text in named.items())]
    return "\r\n".join(lines).encode() + _END + body


def _message_ids(body: bytes) -> list[str]:
    try:
        sent: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return []
    return [each["messageId"] for each in (sent if isinstance(sent, list) else [sent])]
