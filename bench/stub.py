"""A receiver that costs little: answers 200 to everything but `/hung`, and counts exactly."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import socket
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Self

import httptools
import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_EVENT = b'"messageId"'
HUNG, BATCH = "hung", "batch"
"""How paths begin: of requests that are never answered, and of those that hold several events."""


class _Connection(asyncio.Protocol):
    def __init__(self, count: Synchronized[int], events: Synchronized[int]) -> None:
        self._count, self._events = count, events
        self._parser = httptools.HttpRequestParser(self)
        self._transport: Any = None
        self._is_hung = self._has_several = False
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._is_hung = url.startswith(b"/" + HUNG.encode())
        self._has_several = url.startswith(b"/" + BATCH.encode())

    def on_body(self, data: bytes) -> None:
        if self._has_several:
            self._body.append(data)

    def on_message_complete(self) -> None:
        if self._is_hung:
            return
        self._count.value += 1
        if self._has_several:
            self._events.value += b"".join(self._body).count(_EVENT)
            self._body.clear()
        else:
            self._events.value += 1
        if not self._transport.is_closing():
            self._transport.write(_ANSWER)


class Stub:
    """Runs in a process of its own; `count` are whole requests that it answered.

    `events` are the events that were in them.
    """

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(4096)
        self._count: Synchronized[int] = multiprocessing.Value("q", 0, lock=False)
        self._events: Synchronized[int] = multiprocessing.Value("q", 0, lock=False)
        self._process = multiprocessing.Process(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/"

    @property
    def count(self) -> int:
        return self._count.value

    @property
    def events(self) -> int:
        return self._events.value

    def _run(self) -> None:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a file for each connection

        async def serve() -> None:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                lambda: _Connection(self._count, self._events), sock=self._socket
            )
            await server.serve_forever()

        uvloop.run(serve())

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._socket.close()
