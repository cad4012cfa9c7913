"""Answers that come piece by piece, read until there is enough of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from tests.unit.api.asking import scope_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tests.unit.api.console.signed import Browser

SECONDS = 20


class Told(NamedTuple):
    """One event of a stream; a comment has no name."""

    name: str
    id: str
    data: Any


class Flow:
    """One answer, as far as it came."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.body = b""
        self.is_over = False
        self._more = asyncio.Event()

    @property
    def told(self) -> list[Told]:
        pieces = self.body.decode().split("\n\n")[:-1]
        return [_told(each) for each in pieces]

    def named(self, name: str) -> list[Any]:
        return [each.data for each in self.told if each.name == name]

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")
            self.is_over = not message.get("more_body", False)
        self._more.set()

    async def until(self, is_enough: Callable[[Flow], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not is_enough(self):
                self._more.clear()
                await self._more.wait()


def flowed(
    browser: Browser,
    path: str,
    meanwhile: Callable[[Flow], Awaitable[None]] | None = None,
    headers: Mapping[str, str] | None = None,
    **query: Any,
) -> Flow:
    """Ask, do something once the answer has begun, and then go away; else read it to its end."""

    async def run() -> Flow:
        flow, gone = Flow(), asyncio.Event()

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        given = {
            name: value
            for name, value in {**browser._sent("GET", b""), **(headers or {})}.items()
            if value is not None
        }
        scope = scope_of("GET", path, given, urlencode(query))
        serving = asyncio.ensure_future(browser.api.app(scope, receive, flow.send))
        try:
            await flow.until(lambda so_far: bool(so_far.status))
            if meanwhile is None:
                await flow.until(lambda so_far: so_far.is_over)
            else:
                await meanwhile(flow)
        finally:
            gone.set()
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(serving, SECONDS)
        return flow

    return asyncio.run(run())


def _told(piece: str) -> Told:
    fields = dict(line.partition(": ")[::2] for line in piece.split("\n"))
    data = fields.get("data")
    name, id_ = fields.get("event", ""), fields.get("id", "")
    return Told(name, id_, msgspec.json.decode(data) if data else None)
