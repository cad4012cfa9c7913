"""A relay before the Public API that judges each answer on its way, for clients of any language."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, NamedTuple, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from yarl import URL

from tests.harness.public_api.judge import judge, judge_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOOPBACK = "127.0.0.1"
SECONDS = 30.0
OF_ONE_CONNECTION = {"connection", "host", "keep-alive", "transfer-encoding", "content-length"}
UNASKED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""What a client did not say is not said for it."""


class Answer(NamedTuple):
    """An answer on its way; header names are in lower case."""

    method: str
    target: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Judged(NamedTuple):
    """One call, and what is wrong with its answer."""

    method: str
    target: str
    status: int
    faults: tuple[str, ...]


class JudgingProxy:
    """Listens on loopback, in a thread of its own, for as long as its block lasts.

    `upstream` is the address of the API, which may have a path. `spoil` changes answers before
    they are judged and passed on: what it does must be found.
    """

    def __init__(self, upstream: str, spoil: Callable[[Answer], Answer] | None = None) -> None:
        self._upstream, self._spoil = upstream.rstrip("/"), spoil
        self._listening = socket.create_server((LOOPBACK, 0))
        self.url = f"http://{LOOPBACK}:{self._listening.getsockname()[1]}"
        self.seen: list[Judged] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def faults(self) -> list[str]:
        """All that was wrong so far, oldest first."""
        return [fault for each in self.seen for fault in each.faults]

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
        timeout = ClientTimeout(total=SECONDS)
        async with ClientSession(timeout=timeout, skip_auto_headers=UNASKED) as session:

            async def handle(request: web.BaseRequest) -> web.StreamResponse:
                return await self._handle(session, request)

            runner = web.ServerRunner(web.Server(handle))
            await runner.setup()
            await web.SockSite(runner, self._listening).start()
            self._ready.set()
            await self._over.wait()
            await runner.cleanup()

    async def _handle(self, session: ClientSession, request: web.BaseRequest) -> web.StreamResponse:
        sent = await request.read()
        try:
            answer = await self._ask(session, request, sent)
        except (ClientError, TimeoutError) as error:
            return self._without_answer(request, error)
        if self._spoil is not None:
            answer = self._spoil(answer)
        self._judge(answer, sent)
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    async def _ask(self, session: ClientSession, request: web.BaseRequest, sent: bytes) -> Answer:
        url = URL(f"{self._upstream}{request.raw_path}", encoded=True)
        asked = session.request(
            request.method, url, headers=passed_on(request.headers), data=sent or None
        )
        async with asked as answer:
            return Answer(
                request.method,
                request.raw_path,
                answer.status,
                passed_on(answer.headers),
                await answer.read(),
            )

    def _judge(self, answer: Answer, sent: bytes) -> None:
        content_type = answer.headers.get("content-type")
        found = judge(*answer[:3], content_type, answer.body, sent or None)
        found += judge_limit(answer.status, answer.headers)
        self.seen.append(Judged(*answer[:3], tuple(found)))

    def _without_answer(self, request: web.BaseRequest, error: Exception) -> web.Response:
        fault = f"{request.method} {request.raw_path}: no answer came: {error!r}"
        self.seen.append(Judged(request.method, request.raw_path, 502, (fault,)))
        return web.Response(status=502, text=fault)


def passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    """What is said of more than one connection; bodies are asked for as they are."""
    dropped = OF_ONE_CONNECTION | {"accept-encoding", "content-encoding"}
    return {name.lower(): text for name, text in headers.items() if name.lower() not in dropped}
