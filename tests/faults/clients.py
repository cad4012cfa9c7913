"""Clients under faults: each sends again, with the same ids, until it is acknowledged."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from aiohttp import ClientError, ClientSession

from tests.harness.declarations import KEY
from tests.harness.sending import basic, fresh, post, track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BATCH = 50
AGAIN_SECONDS = 0.05


class Answer(NamedTuple):
    """What collection said, and how long that took in seconds; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]
    seconds: float


def post_once(url: str, message_ids: Sequence[str]) -> Answer:
    """Send one batch, on a connection of its own, and leave it at that."""
    began = time.monotonic()
    answer = post(url, "/v1/batch", {"batch": [track(each) for each in message_ids]})
    return Answer(answer.status, answer.headers, answer.json, time.monotonic() - began)


class Clients:
    """Clients that send single events and batches of up to 50, in a thread of their own.

    Each waits for an answer before it sends the next, about two `pause` seconds later at most;
    `padding` bytes are added to each event.
    """

    def __init__(self, url: str, *, count: int = 8, pause: float = 0.01, padding: int = 0) -> None:
        self._url, self._count = url, count
        self._pause, self._padding = pause, "x" * padding
        self.acknowledged: set[str] = set()
        """The ids of all events that a 200 answered."""
        self.sent: set[str] = set()
        """The ids of all events that were sent at least once."""
        self.answers: list[Answer] = []
        """Every answer that is not 200, in order."""
        self.is_resting = False
        """Nothing new is sent meanwhile; what was not acknowledged is sent again."""
        self.is_silent = False
        """Nothing is sent at all meanwhile."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    async def _run(self) -> None:
        async with ClientSession(self._url, headers={"Authorization": basic(KEY)}) as session:
            await asyncio.gather(*(self._client(session) for _ in range(self._count)))

    async def _client(self, session: ClientSession) -> None:
        rng = random.Random()  # noqa: S311 - sizes and pauses are all that chance decides
        while not self._over.is_set():
            if not (self.is_resting or self.is_silent):
                ids = fresh(rng.choice((1, 1, 1, rng.randint(1, BATCH))))
                self.sent.update(ids)
                await self._until_acknowledged(session, [self._event(each, rng) for each in ids])
                self.acknowledged.update(ids)
            await asyncio.sleep(rng.uniform(0, 2 * self._pause))

    def _event(self, message_id: str, rng: random.Random) -> dict[str, Any]:
        event = track(message_id, context={"padding": self._padding})
        return {**event, "type": rng.choice(("track", "identify", "page"))}

    async def _until_acknowledged(
        self, session: ClientSession, events: Sequence[dict[str, Any]]
    ) -> None:
        path, body = "/v1/batch", {"batch": events}
        if len(events) == 1:
            path, body = f"/v1/{events[0]['type']}", dict(events[0])
        for wait in itertools.repeat(AGAIN_SECONDS):
            if not self.is_silent and await self._is_acknowledged(session, path, body):
                return
            await asyncio.sleep(wait)

    async def _is_acknowledged(
        self, session: ClientSession, path: str, body: dict[str, Any]
    ) -> bool:
        began = time.monotonic()
        try:
            async with session.post(path, json=body) as response:
                said = await response.json()
        except (ClientError, OSError):
            return False
        if response.status != 200:
            headers = {name.lower(): value for name, value in response.headers.items()}
            answer = Answer(response.status, headers, said, time.monotonic() - began)
            self.answers.append(answer)
        return response.status == 200

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
