"""A relay in front of collection that makes trouble to a script, and writes down what it did."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

from tests.harness.fixtures import tell
from tests.harness.messages import Broken, Message, message_ids, read, refusal, with_other_ids
from tests.harness.trouble import Deed, Script

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK = "127.0.0.1"
SECONDS = 10.0
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER of 0 seconds: closing becomes a reset."""


class Seen(NamedTuple):
    """One request, and what was done with it; `status` is what its client got, None for none."""

    connection: int
    method: str
    target: str
    headers: Mapping[str, str]
    message_ids: tuple[str, ...]
    done: Deed
    status: int | None


class Proxy:
    """Listens on loopback, in a thread of its own, for as long as its block lasts."""

    def __init__(self, upstream: str, script: Script) -> None:
        parts = urlsplit(upstream)
        self._upstream, self._script = (parts.hostname, parts.port), script
        self._listening = socket.create_server((LOOPBACK, 0))
        self.url = f"http://{LOOPBACK}:{self._listening.getsockname()[1]}"
        self.seen: list[Seen] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def done(self) -> Counter[str]:
        """How often each deed was done to requests that carry messages."""
        return Counter(each.done.name for each in self.seen if each.message_ids)

    def tell(self) -> None:
        """Have the counts of what was done shown at the end of the run."""
        tell(", ".join(f"{name} {count}" for name, count in sorted(self.done().items())))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(SECONDS), "the relay does not start"
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(SECONDS)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._accept, sock=self._listening)
        self._ready.set()
        await self._over.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(Client(self, reader, writer).serve())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # what its clients need

    def decide(self, message_ids: tuple[str, ...]) -> Deed:
        return self._script(message_ids)

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self._upstream)


class Client:
    """One client's connection, and one to the server behind it while it is needed."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._proxy, self._reader, self._writer = proxy, reader, writer
        self._behind: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._number = writer.get_extra_info("peername")[1]

    async def serve(self) -> None:
        """Take requests until one side has enough."""
        try:
            while await self._take(await read(self._reader)):
                pass
        except (Broken, OSError):
            pass
        finally:
            self._hang_up()
            self._writer.close()

    async def _take(self, request: Message) -> bool:
        """See to one request; whether the connection goes on."""
        found = message_ids(request)
        deed = self._proxy.decide(found)
        await asyncio.sleep(deed.seconds)
        try:
            answer = await self._forward(request, deed, found)
        except (Broken, OSError):
            answer = None
        if deed.status is not None:
            answer = refusal(deed.status, request.headers.get("origin"))
        self._note(request, found, deed, answer)
        if deed.ends or answer is None:
            await self._break_off(deed)
            return False
        self._writer.write(answer.raw)
        await self._writer.drain()
        return answer.headers.get("connection", "").lower() != "close"

    def _note(
        self, request: Message, found: tuple[str, ...], deed: Deed, answer: Message | None
    ) -> None:
        method, target, _ = request.start.split(" ")
        status = None if deed.ends or answer is None else int(answer.start.split(" ")[1])
        self._proxy.seen.append(
            Seen(self._number, method, target, request.headers, found, deed, status)
        )

    async def _forward(
        self, request: Message, deed: Deed, found: tuple[str, ...]
    ) -> Message | None:
        """What the server said; None where it was not asked, or not wholly."""
        if deed.forwards == "half":
            await self._send_half(request)
        if deed.forwards != "all":
            return None
        if not deed.beside:
            return await self._ask(request)
        copy = request if deed.beside == "the same" else with_other_ids(request, found)
        answer, _ = await asyncio.gather(self._ask(request), self._ask_apart(copy))
        return answer

    async def _ask(self, request: Message) -> Message:
        if self._behind is None:
            self._behind = await self._proxy.dial()
        reader, writer = self._behind
        writer.write(request.raw)
        await writer.drain()
        answer = await read(reader, is_answer=True)
        if answer.headers.get("connection", "").lower() == "close":
            self._hang_up()
        return answer

    async def _ask_apart(self, request: Message) -> Message:
        reader, writer = await self._proxy.dial()
        writer.write(request.raw)
        answer = await read(reader, is_answer=True)
        writer.transport.abort()
        return answer

    async def _send_half(self, request: Message) -> None:
        """The server gets the head and half of the body, and then a reset."""
        self._hang_up()
        self._behind = await self._proxy.dial()
        writer = self._behind[1]
        writer.write(request.head + request.raw_body[: len(request.raw_body) // 2])
        await writer.drain()
        await asyncio.sleep(0.01)  # so that it is read before it is reset
        reset(writer)

    async def _break_off(self, deed: Deed) -> None:
        if deed.ends == "reset":
            reset(self._writer)
        else:
            self._writer.close()
            await self._writer.wait_closed()

    def _hang_up(self) -> None:
        if self._behind is not None:
            self._behind[1].transport.abort()
        self._behind = None


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()
