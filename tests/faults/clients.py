"""Clients under way: each sends, and sends again with the same ids until it is acknowledged."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlsplit

from tests.harness.declarations import KEY
from tests.harness.sending import basic, post, track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BATCH = 50
_CALLS = ("track", "identify", "page")
_AGAIN_SECONDS = 0.05


class Answer(NamedTuple):
    """What collection said, and how long that took in seconds."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]
    seconds: float


def post_once(url: str, message_ids: Sequence[str]) -> Answer:
    """Send one batch, on a connection of its own, and leave it at that."""
    began = time.monotonic()
    answer = post(url, "/v1/batch", {"batch": [track(each) for each in message_ids]})
    return Answer(answer.status, answer.headers, answer.json, time.monotonic() - began)


class Socket:
    """One keep-alive connection to collection; opened with the first request."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: object) -> Answer:
        """Raises `OSError` or `EOFError` when the connection breaks before the answer."""
        began = time.monotonic()
        try:
            status, headers, raw = await self._exchange(path, json.dumps(body).encode())
        except (OSError, EOFError):
            self.close()
            raise
        return Answer(status, headers, json.loads(raw), time.monotonic() - began)

    async def _exchange(self, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\n"
        head += f"Authorization: {basic(KEY)}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        raw = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), headers, raw

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Clients:
    """Clients in a thread of their own; each waits for an answer before it sends the next.

    `acknowledged` holds the messageIds that a 200 answered.
    """

    def __init__(
        self,
        url: str,
        *,
        count: int = 8,
        pause: float = 0.01,
        prefix: str = "m",
        padding: int = 0,
    ) -> None:
        self._url, self._count = url, count
        self._pause, self._prefix, self._padding = pause, prefix, "x" * padding
        self.acknowledged: set[str] = set()
        self.answers: list[Answer] = []
        """Every answer that is not 200, in order."""
        self._over = threading.Event()
        self.is_resting = False
        """Nothing new is sent meanwhile; what was not acknowledged is sent again."""
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        async def together() -> None:
            await asyncio.gather(*(self._client(number) for number in range(self._count)))

        asyncio.run(together())

    async def _client(self, number: int) -> None:
        rng = random.Random()  # noqa: S311 - which sizes come is all that chance decides
        socket = Socket(self._url)
        count = 0
        while not self._over.is_set():
            if self.is_resting:
                await asyncio.sleep(self._pause)
                continue
            size = rng.choice((1, 1, 1, rng.randint(1, BATCH)))
            events = [
                self._event(f"{self._prefix}-{number}-{count + each}") for each in range(size)
            ]
            count += size
            await self._until_acknowledged(socket, events)
            await asyncio.sleep(rng.uniform(0, 2 * self._pause))
        socket.close()

    def _event(self, message_id: str) -> dict[str, Any]:
        call = _CALLS[hash(message_id) % len(_CALLS)]
        event = {"type": call, "messageId": message_id, "userId": f"u-{message_id}"}
        if call == "track":
            event["event"] = "Order Completed"
        return {**event, "context": {"padding": self._padding}}

    async def _until_acknowledged(self, socket: Socket, events: Sequence[dict[str, Any]]) -> None:
        ids = [event["messageId"] for event in events]
        path, body = "/v1/batch", {"batch": events}
        if len(events) == 1:
            path, body = f"/v1/{events[0]['type']}", dict(events[0])
        while True:
            try:
                answer = await socket.post(path, body)
            except (OSError, EOFError):
                answer = None
            if answer is not None and answer.status == 200:
                self.acknowledged.update(ids)
                return
            if answer is not None:
                self.answers.append(answer)
            await asyncio.sleep(_AGAIN_SECONDS)

    def finish(self, seconds: float = 30.0) -> None:
        """Send nothing new; return once all that was sent is acknowledged."""
        self._over.set()
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "collection does not take events again"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
