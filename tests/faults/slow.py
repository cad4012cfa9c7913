"""A crowd of clients that keep their sockets and hardly use them, in a thread of their own."""

from __future__ import annotations

import resource
import select
import socket
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec

from tests.harness.declarations import KEY
from tests.harness.sending import SECONDS, basic, request, track

if TYPE_CHECKING:
    from collections.abc import Sequence

DRIP_SECONDS = 1.0
PAUSE_SECONDS = 0.02
_HEADERS = (("Authorization", basic(KEY)),)
_EVENT = request("POST", "/v1/track", _HEADERS, msgspec.json.encode(track("slow")))
_HEAD = _EVENT.partition(b"\r\n\r\n")[0]
_LONG = request("POST", "/v1/track", [*_HEADERS, ("Content-Length", "400000")])
_CHUNKED = request("POST", "/v1/track", [*_HEADERS, ("Transfer-Encoding", "chunked")])
_ASKING = request("OPTIONS", "/v1/track", [("Access-Control-Request-Headers", "x" * 15_000)])
"""What is answered by as many bytes."""


class Slowness(NamedTuple):
    """How a client is slow: what it sends at once, and what each second after that."""

    name: str
    opening: bytes
    drops: bytes
    seconds: float
    """When the server has had enough of it, at the earliest."""
    size: int = 1
    """How much of `drops` it sends each second."""
    reads: bool = True


SILENT = Slowness("silent", b"", b"", 10)
DRIPS_HEAD = Slowness("drips its head", b"", _HEAD, 10)
DRIPS_BODY = Slowness("drips its body", _LONG, bytes(99), 5)
DRIPS_CHUNKS = Slowness("drips chunks", _CHUNKED, b"1\r\nx\r\n" * 99, 5, size=6)
NEVER_READS = Slowness("never reads", _ASKING * 400, b"", 30, reads=False)
"""It asks for as much as it gets rid of; when it was closed it does not see."""
DAWDLES = Slowness("sends 1.5 kB/s of its body", _LONG, bytes(60_000), 30, size=1_500)
IDLES = Slowness("keeps its connection for nothing", _EVENT, b"", 75)


class Slow:
    """One client; it does not hang up when the server does."""

    def __init__(self, url: str, how: Slowness) -> None:
        self.how = how
        self.sock = socket.socket()
        self.sock.settimeout(SECONDS)
        if not how.reads:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.connect((urlsplit(url).hostname, urlsplit(url).port))
        self.sock.settimeout(0)
        self.began, self.closed = time.monotonic(), 0.0
        self.heard = b""
        self._unsent, self._drops = memoryview(how.opening), how.drops

    @property
    def is_open(self) -> bool:
        return not self.closed

    @property
    def lasted(self) -> float:
        """Seconds until the server hung up."""
        return self.closed - self.began

    def drip(self) -> None:
        """Send the next drop."""
        drop, self._drops = self._drops[: self.how.size], self._drops[self.how.size :]
        self._unsent = memoryview(bytes(self._unsent) + drop)
        self.push()

    def push(self) -> bool:
        """Send what waits, as far as it goes; whether all of it is gone."""
        try:
            while self._unsent:
                self._unsent = self._unsent[self.sock.send(self._unsent) :]
        except BlockingIOError:
            return False
        except OSError:
            self.end()
        return True

    def listen(self) -> None:
        try:
            piece = self.sock.recv(65536)
        except ConnectionError:
            piece = b""
        self.heard += piece
        if not piece:
            self.end()

    def end(self) -> None:
        self.closed = self.closed or time.monotonic()


class Crowd:
    """One client for each kind that is listed; 2,000 come within about two seconds."""

    def __init__(self, url: str, kinds: Sequence[Slowness]) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self._url, self._kinds = url, kinds
        self.clients: list[Slow] = []
        self._poll = select.epoll()
        self._files: dict[int, Slow] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def left(self) -> set[str]:
        """The kinds of those that listen and have not come, or not been hung up on."""
        waiting = [how for how in self._kinds[len(self.clients) :] if how.reads]
        open_still = [each.how for each in self.clients if each.is_open and each.how.reads]
        return {how.name for how in waiting + open_still}

    def _run(self) -> None:
        began, turns = time.monotonic(), 0
        while not self._over.is_set():
            self._come(20)
            while turns * PAUSE_SECONDS < time.monotonic() - began:
                self._drip(turns)
                turns += 1
            for file, event in self._poll.poll(PAUSE_SECONDS):
                self._hear(self._files[file], event)

    def _come(self, most: int) -> None:
        for how in self._kinds[len(self.clients) :][:most]:
            client = Slow(self._url, how)
            self.clients.append(client)
            self._files[client.sock.fileno()] = client
            self._poll.register(client.sock, select.EPOLLOUT | (select.EPOLLIN if how.reads else 0))

    def _drip(self, turn: int) -> None:
        """Each client's turn comes once in `DRIP_SECONDS`."""
        turns = round(DRIP_SECONDS / PAUSE_SECONDS)
        for client in self.clients[turn % turns :: turns]:
            if client.is_open and client.how.drops:
                client.drip()

    def _hear(self, client: Slow, event: int) -> None:
        if event & select.EPOLLOUT and client.push():
            self._poll.modify(client.sock, select.EPOLLIN if client.how.reads else 0)
        if event & select.EPOLLIN:
            client.listen()
        elif event & (select.EPOLLHUP | select.EPOLLERR):
            client.end()
        if not client.is_open:
            self._poll.unregister(client.sock)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for client in self.clients:
            client.sock.close()
        self._poll.close()
