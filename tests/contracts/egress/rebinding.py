"""The program that runs in the namespace: a thousand names turn inwards while they are in use.

Its arguments are a folder, a seed, and how many names there are. It prints a line of JSON, a
`Turned`. Every name has a moment at which its public address becomes one of loopback, and is
asked for before, around and after that moment.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import certifi
import msgspec

from headgate.deliver.transport import HttpTransport
from headgate.deliver.transport.egress import Egress
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Request
from headgate.services.parts import open_transport
from headgate.settings import load
from tests.contracts.egress.namespace import Dial, Seen, prepare
from tests.contracts.transport.scripted_nameserver import Nameserver, naming
from tests.contracts.transport.scripted_server import serving
from tests.harness.certificates import Authority

PUBLIC, INNER = "93.184.215.14", "127.0.0.1"
SECONDS, NAMES_A_SECOND, TIMES = 4.0, 25, 6
PATIENCE = 40.0


class Turned(msgspec.Struct, frozen=True):
    """How many requests were answered, or failed for which kind of reason; addresses dialled."""

    ended: dict[str, int]
    dialled: list[str]


def main(folder: Path, random: Random, count: int) -> None:
    prepare()
    authority = Authority(folder)
    certifi.where = lambda: str(authority.ca_file)
    Egress.__init__.__kwdefaults__["https_only"] = False  # type: ignore[index]
    turned = asyncio.run(_run(authority, random, count))
    sys.stdout.buffer.write(msgspec.json.encode(turned))


async def _run(authority: Authority, random: Random, count: int) -> Turned:
    hosts = [f"n{number}.rebind.test" for number in range(count)]
    async with AsyncExitStack() as stack:
        tls = authority.context("*.rebind.test")
        for host in (PUBLIC, INNER):
            await stack.enter_async_context(serving(host=host, port=80))
            await stack.enter_async_context(serving(host=host, port=443, tls=tls))
        nameserver = await stack.enter_async_context(
            naming({host: [[PUBLIC]] for host in hosts}, ttl=0)
        )
        os.environ["HEADGATE_NAMESERVERS"] = nameserver.address
        transport, resolver = open_transport(load())
        stack.push_async_callback(resolver.close)
        stack.push_async_callback(transport.close)
        seen, loop = Seen(), asyncio.get_running_loop()
        seconds = max(SECONDS, count / NAMES_A_SECOND)
        for host in hosts:
            loop.call_later(random.uniform(0.2, seconds - 0.2), _turn, nameserver, host)
        asked = [
            _ask(transport, f"{scheme}://{host}/", random.uniform(0, seconds))
            for host in hosts
            for scheme in random.choices(("http", "https"), k=TIMES)
        ]
        watching = asyncio.create_task(_watch(seen))
        said = await asyncio.gather(*asked)
        await asyncio.sleep(0.1)
        if watching.done():
            watching.result()  # raises: something was not seen
        watching.cancel()
        found = {dial.address for dial in _found | seen.dials()}
    return Turned(dict(Counter(said)), sorted(found))


def _turn(nameserver: Nameserver, host: str) -> None:
    nameserver.names = {**nameserver.names, host: [[INNER]]}


_found: set[Dial] = set()


async def _watch(seen: Seen) -> None:
    while True:
        _found.update(seen.dials())
        await asyncio.sleep(0.01)


async def _ask(transport: HttpTransport, url: str, after: float) -> str:
    await asyncio.sleep(after)
    try:
        await transport.send(_request(url))
    except TransportError as error:
        return error.kind
    return "answered"


def _request(url: str) -> Request:
    """One that waits for a busy machine, as time is not what is tested."""
    return Request("POST", url, (), b"x", timeout=PATIENCE, connect_timeout=PATIENCE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Random(int(sys.argv[2])), int(sys.argv[3]))  # noqa: S311 - drawn anew
