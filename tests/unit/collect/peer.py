"""One client of a connection: its socket, its clock, and the server that takes its requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.collect.answers import SUCCESS, Answer
from headgate.collect.connection import Connection
from headgate.collect.heads import Heads

if TYPE_CHECKING:
    from headgate.collect.heads import Head
    from headgate.collect.reply import Reply
    from headgate.collect.request import Request

ADDRESS = "203.0.113.7"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Socket(asyncio.Transport):
    """Keeps what is written; raises after it is closed, as uvloop does."""

    def __init__(self, peer: str = ADDRESS, *, is_tls: bool = False) -> None:
        super().__init__()
        self._peer, self._is_tls = peer, is_tls
        self.written = b""
        self.closed = self.aborted = self.paused = self.said_eof = False
        self.unsent = 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self._peer, 5000) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.closed or self.said_eof:
            raise RuntimeError("the transport is closed")
        self.written += data

    def can_write_eof(self) -> bool:
        return not self._is_tls

    def write_eof(self) -> None:
        if self._is_tls:
            raise NotImplementedError
        self.said_eof = True

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Server:
    """Takes whatever comes, and counts what it lends."""

    def __init__(self, *, answers: bool = False) -> None:
        self.connections: set[Connection] = set()
        self.stopping = False
        self.heads = Heads()
        self.taken: list[tuple[Request, Reply]] = []
        self.away: list[Answer] = []
        self.proxies: set[str] = set()
        self.refusing: Answer | None = None
        self.crowded = False
        self.full: Answer | None = None
        self.admitted = self.held = 0
        self._answers = answers

    def handle(self, request: Request, reply: Reply) -> None:
        self.taken.append((request, reply))
        if self._answers:
            reply.send(SUCCESS)

    def turned_away(self, head: Head | None, answer: Answer) -> None:
        del head
        self.away.append(answer)

    def welcome(self, peer: str, *, is_proxy: bool = False) -> Answer | None:
        del peer, is_proxy
        if self.refusing is None:
            self.admitted += 1
        return self.refusing

    def is_crowded(self) -> bool:
        return self.crowded

    def gone(self, peer: str) -> None:
        del peer
        self.admitted -= 1

    def hold(self, size: int, peer: str = "") -> Answer | None:
        del peer
        self.held += size
        return self.full if size > 0 else None

    def is_proxy(self, peer: str) -> bool:
        return peer in self.proxies

    def client(self, forwarded_for: bytes, peer: str) -> str:
        return forwarded_for.decode() or peer


class Told(NamedTuple):
    """One answer as a client reads it; header names are in lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Peer:
    """A connection, its server, its socket and its clock."""

    def __init__(self, server: Server | None = None, *, is_tls: bool = False) -> None:
        self.now = 0.0
        self.server, self.socket = server or Server(), Socket(is_tls=is_tls)
        self.connection = Connection(self.server, lambda: self.now)
        self.connection.connection_made(self.socket)

    def say(self, data: bytes) -> None:
        if not self.socket.closed:
            self.connection.data_received(data)

    def finish(self) -> None:
        """Close its half; the transport closes the other unless the connection wants it."""
        if not self.socket.closed and not self.connection.eof_received():
            self.socket.close()

    def leave(self) -> None:
        self.socket.close()
        self.connection.connection_lost(None)

    def wait(self, seconds: float) -> None:
        """Let time pass, with the look at the deadlines that the server takes each second."""
        for _ in range(int(seconds)):
            self.now += 1
            if not self.socket.closed and self.connection.is_late(self.now):
                self.connection.expire()

    def answer_all(self) -> None:
        for _, reply in self.server.taken:
            if reply.data is None:
                reply.send(SUCCESS)

    def told(self, *methods: bytes) -> list[Told]:
        """Every answer so far; `methods` of the requests matter where one of them is HEAD."""
        return read_answers(self.socket.written, *methods)

    def statuses(self) -> list[int]:
        return [answer.status for answer in self.told()]

    def bodies(self) -> list[bytes]:
        return [request.body for request, _ in self.server.taken]


def read_answers(raw: bytes, *methods: bytes) -> list[Told]:
    """Strictly: what is no whole answer fails."""
    answers, asked = list[Told](), iter(methods)
    while raw:
        head, ended, raw = raw.partition(b"\r\n\r\n")
        assert ended, f"cut off: {head!r}"
        line, *fields = head.split(b"\r\n")
        version, status, _ = line.split(b" ", 2)
        assert version == b"HTTP/1.1"
        headers = {name.lower(): value for name, value in (each.split(b": ", 1) for each in fields)}
        is_bodiless = next(asked, b"") == b"HEAD" or status in {b"100", b"204", b"304"}
        size = 0 if is_bodiless else int(headers[b"content-length"])
        answers.append(Told(int(status), headers, raw[:size]))
        assert len(raw) >= size
        raw = raw[size:]
    return answers


async def turns(count: int = 50) -> None:
    """Let what was put off happen."""
    for _ in range(count):
        await asyncio.sleep(0)


def post(body: bytes = b"{}", path: str = "/v1/track", headers: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def bare(method: str, path: str = "/v1/track", headers: str = "", version: str = "1.1") -> bytes:
    """A request without a body."""
    return f"{method} {path} HTTP/{version}\r\nHost: h\r\n{headers}\r\n".encode()


def chunked(*pieces: bytes, path: str = "/v1/track", trailer: bytes = b"") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + encoded(*pieces, trailer=trailer)


def encoded(*pieces: bytes, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    """A chunked body; each trailer line brings its own line end."""
    chunks = [b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces if piece]
    return b"".join([*chunks, b"0%s\r\n" % extension, trailer, b"\r\n"])
