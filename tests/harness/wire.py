"""A client of bytes and pauses: it sends what no library would, and listens all the while."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from tests.harness.sending import Answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

LINGER = struct.pack("ii", 1, 0)
"""Closing resets the connection instead of ending it."""


class Step(NamedTuple):
    """One thing a client does.

    `send` sends bytes at once, `drip` one at a time with `seconds` between, `wait` does nothing
    for `seconds`, `deaf` reads nothing until all steps are done, `half` ends its own direction,
    `reset` breaks off.
    """

    do: Literal["send", "drip", "wait", "deaf", "half", "reset"]
    data: bytes = b""
    seconds: float = 0.0


class Heard(NamedTuple):
    """All that came back: whole answers, what follows the last of them, and how it ended."""

    answers: list[Answer]
    rest: bytes
    end: Literal["closed", "reset", "open"]
    seconds: float

    @property
    def statuses(self) -> list[int]:
        return [answer.status for answer in self.answers]


class Client:
    """One connection, spoken to and listened to at the same time."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asks_head: bool
    ) -> None:
        self._reader, self._writer = reader, writer
        self._asks_head = asks_head
        self._ears = asyncio.Event()
        self._ears.set()
        self._data = b""
        self.answers: list[Answer] = []

    async def do(self, steps: Sequence[Step]) -> None:
        """Go through the steps; a server that hangs up early ends them."""
        try:
            for step in steps:
                await self._do(step)
        except ConnectionError:
            return
        finally:
            self._ears.set()

    async def _do(self, step: Step) -> None:
        sock = self._writer.get_extra_info("socket")
        if step.do == "send":
            await self._send(step.data)
        elif step.do == "drip":
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in step.data:
                await self._send(bytes([byte]))
                await asyncio.sleep(step.seconds)
        elif step.do == "half":
            self._writer.write_eof()
        elif step.do == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
            self._writer.transport.abort()
        elif step.do == "deaf":
            self._ears.clear()
        else:
            await asyncio.sleep(step.seconds)

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def listen(self, expected: int | None) -> Literal["closed", "reset"] | None:
        """Read until the end, or until so many answers are there."""
        while expected is None or len(self.answers) < expected:
            await self._ears.wait()
            try:
                piece = await self._reader.read(65536)
            except ConnectionError:
                return "reset"
            if not piece:
                return "closed"
            self._take(piece)
        return None

    def _take(self, piece: bytes) -> None:
        self._data += piece
        while (split := first_answer(self._data, asks_head=self._asks_head)) is not None:
            answer, self._data = split
            self.answers.append(answer)

    @property
    def rest(self) -> bytes:
        return self._data

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return


async def converse(
    url: str,
    steps: Sequence[Step],
    *,
    expected: int | None = None,
    seconds: float = 30.0,
    asks_head: bool = False,
    tls: ssl.SSLContext | None = None,
) -> Heard:
    """Go through the steps and hear the answers, for `seconds` at the most.

    With `expected`, it is over when so many answers came; without, when the server closes.
    `asks_head` says that the requests are HEAD: their answers have no bodies.
    """
    parts, began = urlsplit(url), time.monotonic()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=tls)
    client = Client(reader, writer, asks_head=asks_head)
    acting = asyncio.create_task(client.do(steps))
    try:
        async with asyncio.timeout(seconds):
            end = await client.listen(expected)
            if end is None:
                await acting
    except TimeoutError:
        end = None
    took = time.monotonic() - began
    acting.cancel()
    await asyncio.gather(acting, return_exceptions=True)
    await client.close()
    return Heard(client.answers, client.rest, end or "open", took)


def first_answer(data: bytes, *, asks_head: bool = False) -> tuple[Answer, bytes] | None:
    """The first answer in `data` and what follows it; None where none is whole."""
    head, ended, rest = data.partition(b"\r\n\r\n")
    if not ended:
        return None
    line, *fields = head.split(b"\r\n")
    pairs = (field.partition(b":") for field in fields)
    headers = {name.decode().lower(): value.strip().decode("latin-1") for name, _, value in pairs}
    length = 0 if asks_head else int(headers.get("content-length", "0"))
    if len(rest) < length:
        return None
    return Answer(int(line.split()[1]), headers, rest[:length]), rest[length:]


def memory(pid: int) -> int:
    """Bytes of memory a process holds, its part of what it shares counted in."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) * 1024


def sockets(pid: int) -> int:
    """How many sockets a process has open."""
    count = 0
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += str(file.readlink()).startswith("socket:")
        except FileNotFoundError:  # it was closed just now
            continue
    return count
