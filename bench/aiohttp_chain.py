"""The same chain on aiohttp: collect durably with group commit, queue in memory, POST signed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import multiprocessing
import os
import socket
import tempfile
from typing import Self

import aiohttp
import uvloop
from aiohttp import web

CONCURRENCY = 32


class Chain:
    """Two processes, as Headgate has: one collects, one delivers what it reads from a pipe."""

    def __init__(self, target: str) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1/track"
        reading, writing = os.pipe()
        self._processes = [
            multiprocessing.Process(target=_collect, args=(self._socket, writing), daemon=True),
            multiprocessing.Process(target=_deliver, args=(reading, target), daemon=True),
        ]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.join()
        self._socket.close()


def _collect(sock: socket.socket, pipe: int) -> None:
    with tempfile.TemporaryFile() as log:
        uvloop.run(_serve(sock, pipe, log.fileno()))


async def _serve(sock: socket.socket, pipe: int, log: int) -> None:
    waiting: list[tuple[bytes, asyncio.Future[None]]] = []
    arrived = asyncio.Event()

    async def commit() -> None:
        loop = asyncio.get_running_loop()
        while True:
            await arrived.wait()
            arrived.clear()
            group = waiting[:]
            waiting.clear()
            lines = b"".join(body + b"\n" for body, _ in group)
            os.write(log, lines)
            await loop.run_in_executor(None, os.fdatasync, log)
            await loop.run_in_executor(None, _write_all, pipe, lines)
            for _, done in group:
                done.set_result(None)

    async def track(request: web.Request) -> web.Response:
        body = await request.read()
        if "event" not in json.loads(body):
            return web.json_response({"success": False}, status=400)
        done = asyncio.get_running_loop().create_future()
        waiting.append((body, done))
        arrived.set()
        await done
        return web.json_response({"success": True})

    app = web.Application()
    app.router.add_post("/v1/track", track)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    await commit()


def _write_all(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def _deliver(pipe: int, target: str) -> None:
    uvloop.run(_send_all(pipe, target))


async def _send_all(pipe: int, target: str) -> None:
    queue: asyncio.Queue[bytes] = asyncio.Queue(10_000)

    async def read() -> None:
        reader = asyncio.StreamReader(limit=1024 * 1024)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb")
        )
        while line := await reader.readline():
            await queue.put(line)

    async def send(session: aiohttp.ClientSession) -> None:
        while True:
            body = json.dumps(json.loads(await queue.get())).encode()
            signature = hmac.new(b"benchmark", body, hashlib.sha1).hexdigest()
            headers = {"Content-Type": "application/json", "X-Signature": signature}
            async with session.post(target, data=body, headers=headers) as answer:
                await answer.read()

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(read(), *(send(session) for _ in range(CONCURRENCY)))
