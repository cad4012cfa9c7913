"""The same intake behind uvicorn: what an own collection server saves."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop

from headgate.clock import SystemClock
from headgate.collect.gather import Gather
from headgate.collect.heads import Head
from headgate.collect.intake import Intake
from headgate.collect.keeper import Keeper
from headgate.collect.request import Request
from headgate.collect.routes import find
from headgate.collect.tally import Tally
from headgate.collect.write_keys import WriteKeys, key_of
from headgate.folder import DataFolder
from headgate.log.writer_thread import WriterThread
from headgate.services.collect import SWITCH_SECONDS
from headgate.services.parts import open_log
from headgate.store.snapshot import SnapshotReader

if TYPE_CHECKING:
    from headgate.collect.answers import Answer


class Awaited:
    """A reply that an ASGI app can wait for."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def send(self, answer: Answer) -> None:
        self.answer.set_result(answer)


class App:
    """Body, key, parsing, log: everything as in Headgate but the server."""

    def __init__(self, root: Path) -> None:
        folder = DataFolder(root)
        log = open_log(folder)
        log.own(SystemClock(), WriterThread())
        gather = Gather(log)
        self._intake = Intake(gather, Keeper(gather, Tally(log), log.keys(), SystemClock()))
        snapshot = SnapshotReader(folder.snapshots).refresh()
        if snapshot is None:
            sys.exit(f"{root} has no configuration")
        self._intake.write_keys = WriteKeys(snapshot)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        answer = await self._taken(scope, body)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(answer.body)),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _taken(self, scope: dict[str, Any], body: bytes) -> Answer:
        head = Head(scope["method"].encode(), scope["raw_path"])
        for name, value in scope["headers"]:
            if name == b"authorization":
                head.authorization = value
            elif name == b"content-encoding":
                head.encoding = value
            elif name == b"origin":
                head.origin = value
        route, reply = find(head.path), Awaited()
        head.route, head.key = route, key_of(head)
        if route is None:
            sys.exit(f"{head.path!r} is no path of events")
        peer = scope["client"][0] if scope["client"] else ""
        self._intake.take(Request(head, body, peer), route, reply)  # type: ignore[arg-type]
        return await reply.answer


async def serve(root: Path, port: int) -> None:
    config = uvicorn.Config(
        App(root),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="error",
        access_log=False,
        lifespan="off",
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    sys.setswitchinterval(SWITCH_SECONDS)
    uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
