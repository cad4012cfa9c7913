"""The process of a receiver: HTTP/1.1 by hand, so that a test can break it where it likes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import socket
import struct
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec
import uvloop

from tests.harness.receiver import OK, SCRIPT_PATH, Orders, Received, Script, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

_END = b"\r\n\r\n"


class Stub:
    """What all connections share: scripts, and the file of records."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._scripts: dict[str, list[Step]] = {}
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._records = os.open(orders.records, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.connections = 0

    def follow(self, script: Script) -> None:
        self._scripts[script.path] = script.steps
        self._counts[script.path] = 0

    def next_step(self, path: str) -> Step:
        steps = self._scripts.get(path, [OK])
        nth, self._counts[path] = self._counts[path], self._counts[path] + 1
        return steps[min(nth, len(steps) - 1)]

    def record(self, received: Received) -> None:
        """One write for one line: it is whole in the file even if the next moment is the last."""
        os.write(self._records, msgspec.json.encode(received) + b"\n")

    def secret(self, path: str) -> str:
        return self._orders.secrets.get(path, self._orders.secrets[""])

    @property
    def keeps_bodies(self) -> bool:
        return self._orders.bodies


class Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        stub.connections += 1
        self._number, self._nth = stub.connections, 0
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while _END in self._buffer:
            head, _, rest = self._buffer.partition(_END)
            line, headers = _head(head)
            length = int(headers.get("content-length", "0"))
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._take(line, headers, rest[:length])

    def _take(self, line: str, headers: Mapping[str, str], body: bytes) -> None:
        method, path, _ = line.split(" ", 2)
        if path == SCRIPT_PATH:
            self._stub.follow(msgspec.json.decode(body, type=Script))
            self._write(_answer(OK))
            return
        self._nth += 1
        step = self._stub.next_step(path)
        answered = step.do in {"answer", "drip"}
        self._stub.record(
            Received(
                at=time.monotonic(),
                connection=self._number,
                nth=self._nth,
                method=method,
                path=path,
                key=headers.get("idempotency-key", ""),
                message_id=_message_id(body),
                digest=hashlib.sha256(body).hexdigest(),
                signed=_signed(headers, body, self._stub.secret(path)),
                status=step.status if answered else None,
                body=body.decode() if self._stub.keeps_bodies else None,
            )
        )
        self._act(step)

    def _act(self, step: Step) -> None:
        loop = asyncio.get_running_loop()
        if step.do == "answer" and step.seconds:
            loop.call_later(step.seconds, self._write, _answer(step))
        elif step.do == "answer":
            self._write(_answer(step))
        elif step.do == "drip":
            self._drip(_answer(step), step.seconds)
        elif step.do == "reset":
            self._reset()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _drip(self, rest: bytes, seconds: float) -> None:
        self._write(rest[:1])
        if rest[1:]:
            asyncio.get_running_loop().call_later(seconds, self._drip, rest[1:], seconds)

    def _reset(self) -> None:
        """Break off as a crashed machine does: the other side sees ECONNRESET."""
        if self._transport is not None:
            raw: socket.socket = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()


def _head(raw: bytes) -> tuple[str, dict[str, str]]:
    line, *rest = raw.decode("latin-1").split("\r\n")
    pairs = (text.partition(":") for text in rest)
    return line, {name.strip().lower(): value.strip() for name, _, value in pairs}


def _answer(step: Step) -> bytes:
    body = step.body.encode()
    headers = {"Content-Type": "application/json", "Content-Length": len(body), **step.headers}
    lines = [f"HTTP/1.1 {step.status} As told", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join(lines).encode() + _END + body


def _message_id(body: bytes) -> str | None:
    try:
        event: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return event.get("messageId") if isinstance(event, dict) else None


def _signed(
    headers: Mapping[str, str], body: bytes, secret: str
) -> Literal["valid", "forged", "none"]:
    """Both signatures, worked out here from what Segment and Standard Webhooks say of them."""
    classic, standard = headers.get("x-signature"), headers.get("webhook-signature")
    if classic is None and standard is None:
        return "none"
    signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    expected = (
        hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(),
        "v1," + base64.b64encode(digest).decode(),
    )
    return "valid" if (classic, standard) == expected else "forged"


async def serve(orders: Orders) -> None:
    """Serve until standard input closes: the test has ended then, however it did."""
    loop, over, stub = asyncio.get_running_loop(), asyncio.Event(), Stub(orders)
    loop.add_reader(sys.stdin.fileno(), over.set)
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", orders.port))
    server = await loop.create_server(lambda: Peer(stub), sock=listening, backlog=1024)
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await over.wait()


if __name__ == "__main__":
    uvloop.run(serve(msgspec.json.decode(sys.argv[1], type=Orders)))
