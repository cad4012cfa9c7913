"""Requests and answers as a relay sees them: read off the wire, kept as they came."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

BODILESS = {204, 304}


class Message(NamedTuple):
    """A request or an answer: as it came, and taken apart; header names are in lower case."""

    start: str
    headers: Mapping[str, str]
    head: bytes
    raw_body: bytes
    body: bytes
    """Without the marks of chunks."""

    @property
    def raw(self) -> bytes:
        return self.head + self.raw_body


class Broken(Exception):
    """The other side ended the connection where that is no surprise."""


class Identified(msgspec.Struct, frozen=True):
    """A message or a batch of them; everything else in it is passed over."""

    messageId: str | None = None  # noqa: N815 - the names of the wire
    batch: list[Identified] = []

    def all(self) -> list[Identified]:
        return self.batch or [self]


_read_ids = msgspec.json.Decoder(Identified).decode


async def read(reader: asyncio.StreamReader, *, is_answer: bool = False) -> Message:
    """One message off the wire. Raises `Broken` where it ends before it is whole."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        start, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        pairs = (field.partition(":") for field in fields)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if is_answer and int(start.split(" ")[1]) in BODILESS:
            return Message(start, headers, head, b"", b"")
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return Message(start, headers, head, *await read_chunks(reader))
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Broken from error
    return Message(start, headers, head, body, body)


async def read_chunks(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """A chunked body: as it came, and its content."""
    raw, content = b"", b""
    while True:
        line = await reader.readuntil(b"\r\n")
        chunk = await reader.readexactly(int(line.partition(b";")[0], 16) + 2)
        raw, content = raw + line + chunk, content + chunk[:-2]
        if chunk == b"\r\n":
            return raw, content


def message_ids(request: Message) -> tuple[str, ...]:
    """The ids of the messages in a request, none where it carries none."""
    body = request.body
    try:
        if request.headers.get("content-encoding", "").lower() == "gzip":
            body = gzip.decompress(body)
        return tuple(each.messageId for each in _read_ids(body).all() if each.messageId)
    except (msgspec.DecodeError, OSError, EOFError):
        return ()


def with_other_ids(request: Message, found: tuple[str, ...]) -> Message:
    """The request once more, each id in it written backwards; its body must not be packed."""
    body = request.raw_body
    for each in found:
        body = body.replace(each.encode(), each[::-1].encode())
    return request._replace(raw_body=body, body=body)


def refusal(status: int, origin: str | None) -> Message:
    """An answer that the server did not give, readable for the page that asked."""
    success = status == 200
    said: dict[str, Any] = {"success": success}
    if not success:
        reason = "The relay refuses this on purpose."
        said |= {"code": "refused", "message": reason, "error": reason}
    body = msgspec.json.encode(said)
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "access-control-allow-origin": origin or "*",
        "access-control-expose-headers": "Retry-After",
        **({"access-control-allow-credentials": "true"} if origin else {}),
        **({} if success else {"retry-after": "1"}),
    }
    start = f"HTTP/1.1 {status} As scripted"
    lines = [start, *(f"{name}: {value}" for name, value in headers.items())]
    return Message(start, headers, "\r\n".join(lines).encode() + b"\r\n\r\n", body, body)
