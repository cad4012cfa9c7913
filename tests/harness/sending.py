"""Clients of the collection API: one that sends bytes as they are, one that never tires."""

from __future__ import annotations

import base64
import http.client
import itertools
import socket
import threading
import uuid
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlsplit
from zlib import crc32

import msgspec

from tests.harness.declarations import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECONDS = 30.0


class Answer(NamedTuple):
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def exchange(url: str, raw: bytes, seconds: float = SECONDS) -> Answer:
    """Send bytes as they are on a connection of their own, read one answer.

    Raises `ConnectionError` when the other side breaks off instead of answering.
    """
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=seconds) as sock:
        sock.sendall(raw)
        method = raw.partition(b" ")[0].decode("latin-1")
        response = HTTPResponse(sock, method=method)
        try:
            response.begin()
            body = response.read()
        except HTTPException as error:
            raise ConnectionError(f"no whole answer came: {error!r}") from error
        finally:
            response.close()
    return Answer(
        response.status, {name.lower(): value for name, value in response.getheaders()}, body
    )


def pipelined(url: str, raw: bytes, count: int, seconds: float = SECONDS) -> list[int]:
    """Send requests without waiting for answers; the statuses of `count` answers, in order."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=seconds) as sock:
        sock.sendall(raw)
        file, statuses = sock.makefile("rb"), []
        for _ in range(count):
            statuses.append(int(file.readline().split()[1]))
            lines = iter(lambda: file.readline().strip().lower(), b"")
            fields = dict(line.split(b": ", 1) for line in lines)
            file.read(int(fields[b"content-length"]))
        file.close()
    return statuses


def request(
    method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes = b""
) -> bytes:
    """A request with exactly these headers, and the length of the body if none says it."""
    listed = [("Host", "127.0.0.1"), *headers]
    if not any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in listed):
        listed.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in listed)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def post(url: str, path: str, content: Any, key: str | None = KEY, **headers: str) -> Answer:
    """Post bytes as they are, anything else as JSON; `key` is the user name of Basic."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    listed = [("Content-Type", "application/json")]
    listed += [("Authorization", basic(key))] if key is not None else []
    listed += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return exchange(url, request("POST", path, listed, body))


USERS = 1_999
"""So many people send what tests send: one alone would wait for each of its events to arrive."""


def track(message_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "userId": f"u-{crc32(message_id.encode()) % USERS}",
        "event": "Order Completed",
        "messageId": message_id,
        "properties": {"revenue": 41.5, "currency": "EUR"},
        **fields,
    }


def fresh(count: int, word: str = "m") -> list[str]:
    """So many message ids that nobody had before."""
    run = uuid.uuid4().hex[:8]
    return [f"{word}-{run}-{number}" for number in range(count)]


def send(url: str, message_ids: list[str], key: str = KEY, size: int = 100) -> list[str]:
    """Send a track for each id in batches of `size`; the ids, all of them acknowledged."""
    for begin in range(0, len(message_ids), size):
        batch = [track(message_id) for message_id in message_ids[begin : begin + size]]
        answer = post(url, "/v1/batch", {"batch": batch}, key)
        assert (answer.status, answer.json) == (200, {"success": True}), answer
    return message_ids


class Load:
    """Clients that send batch after batch, as SDKs do: what is not acknowledged goes again.

    Each waits `pause` seconds after each batch of `size` events.
    """

    def __init__(
        self, url: str, *, clients: int = 4, size: int = 10, pause: float = 0.02, key: str = KEY
    ) -> None:
        self._parts = urlsplit(url)
        self._size, self._pause, self._key = size, pause, key
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._client, args=(number,), daemon=True)
            for number in range(clients)
        ]
        self._run = uuid.uuid4().hex[:8]
        self.acknowledged: list[str] = []
        self.unsure: list[str] = []
        """Sent, and not acknowledged before the end: they may be in the log or not."""
        self.refused: list[int] = []
        """The statuses of answers other than 200."""

    def _client(self, client: int) -> None:
        for number in itertools.count():
            if self._over.wait(self._pause):
                return
            ids = [f"load-{self._run}-{client}-{number}-{i}" for i in range(self._size)]
            (self.acknowledged if self._sent(ids) else self.unsure).extend(ids)

    def _sent(self, ids: list[str]) -> bool:
        """Try until it is acknowledged, or all is over."""
        body = msgspec.json.encode({"batch": [track(message_id) for message_id in ids]})
        while True:
            if self._try(body):
                return True
            if self._over.wait(0.05):
                return False

    def _try(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection(
            self._parts.hostname or "", self._parts.port, timeout=SECONDS
        )
        try:
            headers = {"Authorization": basic(self._key), "Content-Type": "application/json"}
            connection.request("POST", "/v1/batch", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        if answer.status != 200:
            self.refused.append(answer.status)
        return answer.status == 200

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(SECONDS)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
