"""The same messages over many sockets at the same moment, until each socket has its answer."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import ClientError, ClientSession, TCPConnector

from tests.harness.sending import basic, track

if TYPE_CHECKING:
    from collections.abc import Sequence

AGAIN_SECONDS = 0.02


class Part(NamedTuple):
    """One batch for the source of a write key."""

    key: str
    message_ids: tuple[str, ...]


class Sent(NamedTuple):
    """Copies of messages: how many got a 200, and how many more may have been kept besides."""

    acknowledged: int
    unsure: int


async def storm(url: str, parts: Sequence[Part], sockets: int) -> Sent:
    """Send each batch over every socket at once; what is not acknowledged is sent again."""
    async with AsyncExitStack() as stack:
        sessions = [
            await stack.enter_async_context(ClientSession(url, connector=TCPConnector(limit=1)))
            for _ in range(sockets)
        ]
        unsure = 0
        for part in parts:
            failures = await asyncio.gather(*(_until_kept(each, part) for each in sessions))
            unsure += sum(failures) * len(part.message_ids)
    return Sent(sockets * sum(len(part.message_ids) for part in parts), unsure)


async def _until_kept(session: ClientSession, part: Part) -> int:
    """How often it was sent in vain, with an unknown fate."""
    body = {"batch": [track(each) for each in part.message_ids]}
    headers, failures = {"Authorization": basic(part.key)}, 0
    while True:
        try:
            async with session.post("/v1/batch", json=body, headers=headers) as answer:
                if answer.status == 200:
                    return failures
        except (ClientError, OSError):
            pass
        failures += 1
        await asyncio.sleep(AGAIN_SECONDS)
