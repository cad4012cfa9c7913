"""Requests of clients, sent again byte for byte, and the events that must come of them."""

from __future__ import annotations

import base64
import gzip
import itertools
import socket
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import msgspec

from tests.harness.sending import SECONDS, Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

RECORDS = Path(__file__).parent / "records"
KEY = "wk_recorded0000000000000000000000"
"""Stands in the records where the client's write key stood."""
CALLS = ("identify", "track", "page", "screen", "group", "alias")
CALL_OF = {**{call: call for call in CALLS}, **{call[0]: call for call in CALLS}}
"""The last word of a path -> the call it stands for."""
CHUNK = 1000


class Record(msgspec.Struct, frozen=True):
    """One request: its headers in order, its body as text or, if it is packed, in base64."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: str = ""
    body_base64: str | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0].rstrip("/")

    def header(self, name: str) -> str | None:
        """The value of a header, its name in lower case; None where there is none."""
        return {each.lower(): value for each, value in self.headers}.get(name)

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        is_chunked = self.header("transfer-encoding") == "chunked"
        return head + (chunked(self._packed) if is_chunked else self._packed)

    @property
    def _packed(self) -> bytes:
        packed = self.body_base64
        return self.body.encode() if packed is None else base64.b64decode(packed)

    def content(self) -> dict[str, Any]:
        is_packed = self.header("content-encoding") == "gzip"
        plain = gzip.decompress(self._packed) if is_packed else self._packed
        return msgspec.json.decode(plain, type=dict[str, Any])


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def records() -> list[tuple[str, Record]]:
    """Each recorded request with the name of the client that made it."""
    lines = msgspec.json.Decoder(Record).decode_lines
    paths = sorted(RECORDS.glob("*.jsonl"))
    return [(path.stem, record) for path in paths for record in lines(path.read_bytes())]


def events(record: Record) -> Iterator[dict[str, Any]]:
    """The events of a request, each as it must be kept: the rules of domain sections 1 and 2.

    What a batch says is said of each of its events, unless that says otherwise itself; a path of
    one call is its type; a page's events get its address, which is our own.
    """
    content = record.content()
    whole = content if "batch" in content else {}
    for item in content.get("batch", [content]):
        event = {name: value for name, value in item.items() if value is not None}
        event.pop("writeKey", None)
        event["type"] = CALL_OF.get(record.path.rpartition("/")[2]) or item["type"]
        for name in ("context", "integrations"):
            event[name] = {**whole.get(name, {}), **event.get(name, {})}
        if record.header("origin") or event["context"].get("direct"):
            event["context"].setdefault("ip", "127.0.0.1")
        for name in ("userId", "anonymousId"):
            if name in event:
                event[name] = str(event[name])
        event.setdefault("sentAt", whole.get("sentAt"))
        yield event


def pieces(raw: bytes, rng: Random) -> list[bytes]:
    """The bytes cut at some places, as a network does."""
    cuts = [0, *sorted(rng.sample(range(1, len(raw)), 4)), len(raw)]
    return [raw[start:end] for start, end in itertools.pairwise(cuts)]


class Line:
    """A client's connection, kept for as long as the server keeps it."""

    def __init__(self, url: str, rng: Random | None = None) -> None:
        """With `rng`, requests come in pieces."""
        parts = urlsplit(url)
        self._address, self._rng = (parts.hostname, parts.port), rng
        self._sock: socket.socket | None = None
        self.dialled = 0

    def send(self, raw: bytes) -> Answer:
        """Send bytes as they are, read one answer."""
        if self._sock is None:
            self._sock = socket.create_connection(self._address, timeout=SECONDS)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.dialled += 1
        for piece in pieces(raw, self._rng) if self._rng else [raw]:
            self._sock.sendall(piece)
        response = HTTPResponse(self._sock, method=raw.partition(b" ")[0].decode())
        response.begin()
        body = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        response.close()
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(response.status, headers, body)

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
