"""Handing frames to the one appender: a local socket between collect processes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import msgspec

from headgate.log.errors import LogError, Unavailable
from headgate.log.port import Appended, Batch, EventBatch, Position, TallyBatch

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.collect.gather import Appending

_LENGTH = 4
_LONGEST = 2 * 1024 * 1024
_RETRY_SECONDS = 0.1


class _Call(msgspec.Struct, frozen=True, array_like=True):
    number: int
    partition: int
    events: EventBatch | None
    tally: TallyBatch | None


class _Return(msgspec.Struct, frozen=True, array_like=True):
    number: int
    first: int
    verdicts: bytes
    failed: str | None
    retry_after: int


_encode = msgspec.msgpack.encode
_calls = msgspec.msgpack.Decoder(_Call).decode
_returns = msgspec.msgpack.Decoder(_Return).decode


async def _receive(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await reader.readexactly(_LENGTH), "little")
    if size > _LONGEST:
        raise ConnectionError(f"a message of {size} bytes on the appender's socket")
    return await reader.readexactly(size)


def _send(writer: asyncio.StreamWriter, message: _Call | _Return) -> None:
    if not writer.is_closing():
        raw = _encode(message)
        writer.write(len(raw).to_bytes(_LENGTH, "little") + raw)


async def serve_appends(path: Path, log: Appending) -> asyncio.Server:
    """Append for other processes, each call answered after its own sync.

    `path` must not exist: the owner of the log removes what a predecessor left.
    """

    async def one(writer: asyncio.StreamWriter, call: _Call) -> None:
        batch: Batch | None = call.events or call.tally
        if batch is None:
            return
        try:
            done = await log.append(call.partition, batch)
            _send(writer, _Return(call.number, done.first, done.verdicts, None, 0))
        except LogError as error:
            retry_after = error.retry_after if isinstance(error, Unavailable) else 1
            _send(writer, _Return(call.number, 0, b"", str(error), retry_after))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Streams of Python 3.11 print a traceback when what they call ends by being cancelled.
        with contextlib.suppress(asyncio.CancelledError):
            async with asyncio.TaskGroup() as group:
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    while True:
                        # Tasks start in the order they are made, so appends keep the call order.
                        group.create_task(one(writer, _calls(await _receive(reader))))
        writer.close()

    return await asyncio.start_unix_server(serve, path)


class RemoteAppender:
    """`append` through the appender's socket; while that is away, nothing can be kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[int, asyncio.Future[_Return]] = {}
        self._number = 0
        self.is_connected = asyncio.Event()
        """Set once the appender has been there; it may have gone since."""

    async def connect(self) -> None:
        """Keep a connection up for ever; run it as a task."""
        while True:
            try:
                reader, self._writer = await asyncio.open_unix_connection(self._path)
                self.is_connected.set()
                while True:
                    self._settle(_returns(await _receive(reader)))
            except (OSError, asyncio.IncompleteReadError):
                self._lose()
            await asyncio.sleep(_RETRY_SECONDS)

    def _settle(self, answer: _Return) -> None:
        future = self._waiting.pop(answer.number, None)
        if future is not None and not future.done():
            future.set_result(answer)

    def _lose(self) -> None:
        """What was handed over may or may not have been kept: nothing of it is acknowledged."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(Unavailable("the appender is away"))

    async def append(self, partition: int, batch: Batch) -> Appended:
        if self._writer is None or self._writer.is_closing():
            raise Unavailable("the appender is away")
        self._number += 1
        future: asyncio.Future[_Return] = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = future
        events = batch if isinstance(batch, EventBatch) else None
        tally = batch if isinstance(batch, TallyBatch) else None
        _send(self._writer, _Call(self._number, partition, events, tally))
        answer = await future
        if answer.failed is not None:
            raise Unavailable(answer.failed, retry_after=answer.retry_after)
        return Appended(partition, Position(answer.first), answer.verdicts)
