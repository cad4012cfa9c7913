"""CPU for each single delivery of a backlog, against the same requests made with aiohttp."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import resource
import signal
import statistics
import sys
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import aiohttp

from bench.machine import cpu_seconds, describe, memory_mib, say, spread, verdict
from bench.rig import KEY, System, track
from bench.stub import Stub

ROUNDS = 5
EVENTS = 20_000
PIECE = 200
CONCURRENCY = 32
GOAL_US = 60


def main() -> None:
    say(f"deliver: {describe()}")
    ours, theirs = [], []
    with Stub() as stub, System(stub.url) as headgate:
        _round(headgate, stub, PIECE)
        for _ in range(ROUNDS):
            ours.append(_round(headgate, stub, EVENTS))
            theirs.append(_reference(stub))
        account = headgate.account()
        expected = PIECE + ROUNDS * EVENTS
        say(f"delivered {account['delivered']:,} of {expected:,}, balance {account['balance']}")
        if account["delivered"] != expected or account["balance"]:
            sys.exit(f"the counts are not exact: {account}")
        say(f"memory of deliver: {memory_mib(headgate.pids['deliver']):.0f} MiB")
    say(f"CPU us for each delivery: headgate {spread(ours)}, aiohttp {spread(theirs)}")
    verdict(
        "aiohttp / headgate, CPU for each delivery",
        statistics.median([b / a for a, b in zip(ours, theirs, strict=True)]),
        2.0,
    )
    verdict(f"{GOAL_US} us / CPU for each delivery", GOAL_US / statistics.median(ours), 1.0)


def _round(headgate: System, stub: Stub, events: int) -> float:
    """Hold deliver, collect a backlog, let it go; CPU microseconds for each delivery."""
    (pid,) = headgate.pids["deliver"]
    os.kill(pid, signal.SIGSTOP)
    asyncio.run(collected(headgate.collect, events))
    target, before = stub.count + events, cpu_seconds([pid])
    os.kill(pid, signal.SIGCONT)
    begun = time.monotonic()
    while stub.count < target:
        if time.monotonic() - begun > 120:
            sys.exit(f"{target - stub.count} deliveries did not arrive")
        time.sleep(0.01)
    seconds = time.monotonic() - begun
    time.sleep(0.1)
    cpu = cpu_seconds([pid]) - before
    say(f"  headgate: {events / seconds:,.0f} deliveries/s, {cpu / events * 1e6:.1f} us CPU each")
    return cpu / events * 1e6


async def collected(url: str, events: int, piece: int = PIECE) -> None:
    """Send so many events, a piece at a time, and have each acknowledged."""
    headers = {"Authorization": aiohttp.BasicAuth(KEY).encode()}
    async with aiohttp.ClientSession(headers=headers) as session:
        for _ in range(events // piece):
            batch = {"batch": [{**track(), "messageId": uuid.uuid4().hex} for _ in range(piece)]}
            async with session.post(f"{url}/v1/batch", json=batch) as answer:
                if answer.status != 200:
                    sys.exit(f"collect answered {answer.status}: {await answer.text()}")


def _reference(stub: Stub) -> float:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        cpu = pool.submit(_with_aiohttp, stub.url, EVENTS).result()
    say(f"  aiohttp: {cpu:.1f} us CPU each")
    return cpu


def _with_aiohttp(url: str, events: int) -> float:
    """Decode, encode, sign and POST the same events, 32 at a time, and do nothing else."""
    raw = json.dumps(track())

    async def one(session: aiohttp.ClientSession, queue: list[int]) -> None:
        while queue:
            queue.pop()
            event: dict[str, Any] = json.loads(raw)
            body = json.dumps(event).encode()
            signature = hmac.new(b"benchmark", body, hashlib.sha1).hexdigest()
            headers = {"Content-Type": "application/json", "X-Signature": signature}
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()

    async def run() -> float:
        queue = list(range(events))
        async with aiohttp.ClientSession() as session:
            before = _own_cpu()
            await asyncio.gather(*(one(session, queue) for _ in range(CONCURRENCY)))
            return _own_cpu() - before

    return asyncio.run(run()) / events * 1e6


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
