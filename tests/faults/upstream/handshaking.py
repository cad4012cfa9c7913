"""Upstreams that never come to the point: OpenSSL's own server, told to negotiate for ever."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_EACH_SECONDS = 0.02
_VARIANTS = {"tls": ("-tls1_3", b"K\n"), "tls12": ("-tls1_2", b"r\n")}
"""The version of TLS, and the command: fresh keys, or a new handshake."""


def is_possible() -> bool:
    return shutil.which("openssl") is not None


class Handshaking:
    """One server; `port` is where it listens."""

    def __init__(self, variant: str, certificate: Path) -> None:
        self._version, self._command = _VARIANTS[variant]
        self._certificate = str(certificate)
        self.port = 0

    async def start(self) -> None:
        """Start it, and let it go on until the caller's process ends."""
        self._server = await asyncio.create_subprocess_exec(
            *("openssl", "s_server", "-accept", "127.0.0.1:0", self._version),
            *("-cert", self._certificate, "-key", self._certificate),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._server.stdout is not None
        async for line in self._server.stdout:
            if line.startswith(b"ACCEPT"):
                self.port = int(line.rpartition(b":")[2])
                break
        self._tasks = [asyncio.create_task(self._negotiate()), asyncio.create_task(self._read())]

    async def _negotiate(self) -> None:
        assert self._server.stdin is not None
        while True:
            self._server.stdin.write(self._command)
            await self._server.stdin.drain()
            await asyncio.sleep(_EACH_SECONDS)

    async def _read(self) -> None:
        assert self._server.stdout is not None
        while await self._server.stdout.read(65536):
            pass

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._server.kill()
        await self._server.wait()
