"""What one request costs through each transport and through aiohttp, to the same stub, in turns.

The figures of decision 0002. CPU of the client's process, from the request to its answer; nothing
of what comes before or after it in a delivery.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
import uvloop

from bench.machine import describe, say, spread
from bench.reference import own_cpu
from bench.rig import track
from bench.stub import Stub
from headgate.deliver.transport import CurlTransport, Egress, H1Transport, Resolver
from headgate.kit.http.request import Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ROUNDS = 5
REQUESTS = 5_000
AT_ONCE = (64, 8, 1)
_HEADERS = (
    ("User-Agent", "Headgate/1"),
    ("Content-Type", "application/json"),
    ("Idempotency-Key", "0123456789abcdef0123456789abcdef"),
    ("webhook-timestamp", "1795332000"),
    ("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
)


class Work(NamedTuple):
    name: str
    url: str
    at_once: int


def main() -> None:
    say(f"transports: {describe()}, {REQUESTS:,} requests a round, medians of {ROUNDS}")
    found: dict[Work, list[float]] = {}
    with Stub() as stub:
        before = stub.count
        works = [Work(name, stub.url, n) for n in AT_ONCE for name in ("h1", "curl", "aiohttp")]
        for _ in range(ROUNDS):
            for work in works:
                found.setdefault(work, []).append(_measured(work))
        missing = before + len(works) * ROUNDS * (REQUESTS + 64) - stub.count
    if missing:
        raise SystemExit(f"the counts are not exact: {missing} requests did not arrive")
    for work, costs in found.items():
        say(f"{work.at_once:>4} at once  {work.name:<8} {spread(costs)} us CPU for each request")


def _measured(work: Work) -> float:
    return uvloop.run(_with_aiohttp(work) if work.name == "aiohttp" else _with_ours(work))


async def _with_ours(work: Work) -> float:
    resolver = Resolver()
    egress = Egress([ipaddress.ip_network("127.0.0.0/8")])
    made = {"h1": H1Transport, "curl": CurlTransport}[work.name]
    transport = made(egress, resolver)
    body = json.dumps(track()).encode()

    async def send() -> None:
        answer = await transport.send(Request("POST", work.url, _HEADERS, body))
        if answer.status != 200:
            raise ValueError(f"the stub answered {answer.status}")

    try:
        return await _cost(work, send)
    finally:
        await transport.close()
        await resolver.close()


async def _with_aiohttp(work: Work) -> float:
    body = json.dumps(track()).encode()
    async with aiohttp.ClientSession() as session:

        async def send() -> None:
            async with session.post(work.url, data=body, headers=dict(_HEADERS)) as answer:
                await answer.read()

        return await _cost(work, send)


async def _cost(work: Work, send: Callable[[], Awaitable[None]]) -> float:
    await _times(64, work.at_once, send)
    before = own_cpu()
    await _times(REQUESTS, work.at_once, send)
    return (own_cpu() - before) / REQUESTS * 1e6


async def _times(requests: int, at_once: int, send: Callable[[], Awaitable[None]]) -> None:
    left = iter(range(requests))

    async def some() -> None:
        for _ in left:
            await send()

    await asyncio.gather(*(some() for _ in range(at_once)))


if __name__ == "__main__":
    main()
