"""A load that is offered at its own pace, whatever comes back: by a process with raw sockets."""

from __future__ import annotations

import gc
import select
import socket
import time
import uuid
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec

from tests.harness.declarations import KEY
from tests.harness.sending import SECONDS, basic, request, track
from tests.harness.wire import first_answer

if TYPE_CHECKING:
    from concurrent.futures import Future

    from tests.harness.sending import Answer

PERMILLE_OF_P99 = 990


class Load(NamedTuple):
    """So many single events a second, due at even distances.

    Each waits for one of at most `sockets` connections, which come from `address` and stay open.
    """

    url: str
    rate: float
    seconds: float
    key: str = KEY
    headers: tuple[tuple[str, str], ...] = ()
    address: str = "127.0.0.1"
    sockets: int = 64


class Reply(NamedTuple):
    """What became of one request: when it was due, and how much later its answer was there."""

    message_id: str
    status: int
    due: float
    seconds: float


class Offered(NamedTuple):
    """What came back."""

    replies: list[Reply]
    answers: list[Answer]
    """Those that differ from each other."""
    broken: int
    """Connections that ended instead of answering."""

    def statuses(self) -> Counter[int]:
        return Counter(each.status for each in self.replies)

    def of(self, status: int) -> list[Reply]:
        return [each for each in self.replies if each.status == status]

    def p99(self, status: int = 200) -> float:
        """Seconds that 99 of 100 answers with this status took at most."""
        sorted_seconds = sorted(each.seconds for each in self.of(status))
        return sorted_seconds[len(sorted_seconds) * PERMILLE_OF_P99 // 1000]


class _Line:
    """One connection, and the request on it that waits for its answer."""

    def __init__(self, load: Load) -> None:
        parts = urlsplit(load.url)
        where = (parts.hostname or "", parts.port or 0)
        self.sock = socket.create_connection(where, SECONDS, (load.address, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data, self.number, self.due = b"", -1, 0.0

    def receive(self) -> bytes:
        """What has come; nothing when the connection is over."""
        try:
            return self.sock.recv(65536)
        except ConnectionError:
            return b""

    def send(self, raw: bytes) -> None:
        """A connection that is over shows that when it is read."""
        try:
            self.sock.sendall(raw)
        except ConnectionError:
            return


class _Offer:
    """The loop of a load: send what is due, read what is there."""

    def __init__(self, load: Load) -> None:
        self._load, self._word = load, uuid.uuid4().hex[:8]
        self._before, self._after = self._request().split(self._id(0).encode())
        self._poll, self._lines = select.epoll(), dict[int, _Line]()
        self._idle: list[_Line] = []
        self._known: dict[bytes, Answer] = {}
        self._replies: list[Reply] = []
        self._broken = 0

    def _id(self, number: int) -> str:
        return f"offered-{self._word}-{number:08}"

    def _request(self) -> bytes:
        headers = [("Authorization", basic(self._load.key)), *self._load.headers]
        return request("POST", "/v1/track", headers, msgspec.json.encode(track(self._id(0))))

    def _connect(self) -> _Line:
        line = _Line(self._load)
        self._lines[line.sock.fileno()] = line
        self._poll.register(line.sock, select.EPOLLIN)
        return line

    def run(self) -> Offered:
        began, sent = time.perf_counter(), 0
        count = int(self._load.rate * self._load.seconds)
        while len(self._replies) + self._broken < count:
            now = time.perf_counter() - began
            while self._has_room() and sent < min(count, now * self._load.rate):
                self._send(self._idle.pop() if self._idle else self._connect(), sent)
                sent += 1
            wait = sent / self._load.rate - (time.perf_counter() - began)
            is_next = sent < count and self._has_room()
            for file, _ in self._poll.poll(max(0.0, wait) if is_next else 1.0):
                self._read(self._lines[file], began)
            assert now < self._load.seconds + SECONDS, "answers are missing"
        return Offered(self._replies, list(self._known.values()), self._broken)

    def _has_room(self) -> bool:
        return bool(self._idle) or len(self._lines) < self._load.sockets

    def _send(self, line: _Line, number: int) -> None:
        line.number, line.due = number, number / self._load.rate
        line.send(self._before + self._id(number).encode() + self._after)

    def _read(self, line: _Line, began: float) -> None:
        piece = line.receive()
        if not piece:
            self._lose(line)
            return
        line.data += piece
        answer = self._known.get(line.data) or self._whole(line.data)
        if answer is not None:
            seconds = time.perf_counter() - began - line.due
            self._replies.append(Reply(self._id(line.number), answer.status, line.due, seconds))
            line.data, line.number = b"", -1
            self._idle.append(line)

    def _whole(self, data: bytes) -> Answer | None:
        split = first_answer(data)
        if split is None:
            return None
        answer, rest = split
        assert not rest, f"more came than was asked for: {rest!r}"
        self._known[data] = answer
        return answer

    def _lose(self, line: _Line) -> None:
        if line.number >= 0:
            self._broken += 1
        else:
            self._idle.remove(line)
        self._forget(line)

    def _forget(self, line: _Line) -> None:
        del self._lines[line.sock.fileno()]
        self._poll.unregister(line.sock)
        line.sock.close()

    def close(self) -> None:
        for line in list(self._lines.values()):
            self._forget(line)
        self._poll.close()


def offer(load: Load) -> Offered:
    """Offer a load from this process until each request has its answer."""
    gc.freeze()
    gc.disable()
    loop = _Offer(load)
    try:
        return loop.run()
    finally:
        loop.close()


class Offering:
    """Processes that offer loads, one each at a time."""

    def __init__(self, processes: int) -> None:
        self._pool = ProcessPoolExecutor(processes, get_context("spawn"))

    def start(self, load: Load) -> Future[Offered]:
        return self._pool.submit(offer, load)

    def __call__(self, *loads: Load) -> list[Offered]:
        """Offer loads at the same time."""
        return [each.result() for each in [self.start(load) for load in loads]]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
