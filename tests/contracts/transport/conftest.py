"""What every transport must do is tested on both of them and on both event loops."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from headgate.deliver.transport import CurlTransport, Egress, H1Transport, Resolver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from tests.contracts.transport.asking import Sender

TRANSPORTS = {"curl": CurlTransport, "h1": H1Transport}
LOOPBACK = "127.0.0.0/8"
NAMES = """
127.0.0.1 one.test
127.0.0.1 two.test
127.0.0.2 two.test
"""


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


class Made:
    """Makes transports of one kind and closes them at the end.

    They may dial loopback unless `allow` says otherwise, know the names of `NAMES`, and ask a
    nameserver that never answers for others.
    """

    def __init__(self, kind: type[Any], hosts: Path, silent: str) -> None:
        self._kind = kind
        self._hosts = hosts
        self._silent = silent
        self._made: list[Sender | Resolver] = []

    def __call__(self, *allow: str, nameserver: str = "", **options: Any) -> Sender:
        resolver = Resolver(nameservers=[nameserver or self._silent], hosts=self._hosts)
        egress = Egress([ip_network(text) for text in allow or (LOOPBACK,)])
        transport: Sender = self._kind(egress, resolver, **options)
        self._made += [transport, resolver]
        return transport

    async def close(self) -> None:
        for made in self._made:
            await made.close()


@pytest.fixture(params=TRANSPORTS)
async def made(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Made]:
    hosts = tmp_path / "hosts"
    hosts.write_text(NAMES)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        nameserver = f"127.0.0.1:{silent.getsockname()[1]}"
        makes = Made(TRANSPORTS[request.param], hosts, nameserver)
        yield makes
        await makes.close()
