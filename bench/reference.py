"""The same requests as a delivery makes, from a loop on aiohttp that does nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import resource
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import aiohttp

from bench.rig import track

AT_ONCE = 64
"""As many as one connection may have under way."""


class Work(NamedTuple):
    """So many requests to each URL in turn, each with so many events."""

    urls: list[str]
    requests: int
    events: int = 1


def reference(work: Work) -> float:
    """Microseconds of CPU for each request, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measured, work).result()


def _measured(work: Work) -> float:
    return asyncio.run(_run(work)) / work.requests * 1e6


async def _run(work: Work) -> float:
    numbers = list(range(work.requests))
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:
        await _send_all(session, work, list(range(AT_ONCE)))
        before = own_cpu()
        await asyncio.gather(*(_send_all(session, work, numbers) for _ in range(AT_ONCE)))
        return own_cpu() - before


async def _send_all(session: aiohttp.ClientSession, work: Work, numbers: list[int]) -> None:
    """Decode, encode, sign and POST until there are none."""
    raw = json.dumps(track() if work.events == 1 else [track()] * work.events)
    while numbers:
        url = work.urls[numbers.pop() % len(work.urls)]
        body = json.dumps(json.loads(raw)).encode()
        signature = hmac.new(b"benchmark", body, hashlib.sha1).hexdigest()
        headers = {"Content-Type": "application/json", "X-Signature": signature}
        async with session.post(url, data=body, headers=headers) as answer:
            await answer.read()


def own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
