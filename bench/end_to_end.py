"""Events in and out of everything on this machine, counted exactly, load and stub included.

Single events in and single deliveries out, in turns with the same chain on aiohttp; then batches
in and out. Events are of many users, as those of one are delivered one after the other.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from typing import NamedTuple

from bench.aiohttp_chain import Chain
from bench.machine import cpu_seconds, describe, memory_mib, say, spread, verdict
from bench.rig import ORDERING, USERS, Load, System, load, needed, track
from bench.stub import BATCH, Stub

ROUNDS = 3
SECONDS = 5
BODIES = 2_000
"""Different requests that the load makes in turn."""
TOGETHER = 50
GOAL_RATE, GOAL_BATCHED, GOAL_US = 5_000, 60_000, 60
QUIET = 0.5


class Round(NamedTuple):
    """Events delivered a second, from the first request on, and the CPU of deliver for each."""

    rate: float
    each: float


def main() -> None:
    needed("wrk")
    say(f"end to end: {describe()}")
    say(f"order {ORDERING}, {USERS:,} users, rounds of {SECONDS} s and until all is delivered")
    singles()
    batches()


def singles() -> None:
    bodies = [json.dumps(_event()).encode() for _ in range(BODIES)]
    ours, theirs = [], []
    with Stub() as stub, System(stub.url) as headgate:
        load(headgate.collect + "/v1/track", bodies, seconds=1, connections=8)
        for _ in range(ROUNDS):
            ours.append(_round(headgate, stub, "/v1/track", bodies))
            theirs.append(_reference(stub, bodies))
        _say_memory(headgate)
        _check(headgate, stub)
    rates, costs = [each.rate for each in ours], [each.each for each in ours]
    say(f"single events/s: headgate {spread(rates)}, aiohttp {spread(theirs)}")
    say(f"CPU us of deliver for each delivery: {spread(costs)}")
    ratios = [a / b for a, b in zip(rates, theirs, strict=True)]
    verdict("headgate / aiohttp, delivered events/s", statistics.median(ratios), 2.0)
    verdict(f"delivered events/s / {GOAL_RATE:,}", statistics.median(rates) / GOAL_RATE, 1.0)
    verdict(f"{GOAL_US} us / CPU of deliver for each", GOAL_US / statistics.median(costs), 1.0)


def batches() -> None:
    bodies = [
        json.dumps({"batch": [_event() for _ in range(TOGETHER)]}).encode()
        for _ in range(BODIES // TOGETHER)
    ]
    _others[0] = 0
    with Stub() as stub, System(stub.url + BATCH, batch=TOGETHER) as headgate:
        load(headgate.collect + "/v1/batch", bodies, seconds=1, connections=8)
        ours = [_round(headgate, stub, "/v1/batch", bodies, events=TOGETHER) for _ in range(ROUNDS)]
        say(f"{stub.events:,} events came in {stub.count:,} requests")
        _say_memory(headgate)
        _check(headgate, stub)
    rates = [each.rate for each in ours]
    say(f"batched events/s: {spread(rates)}")
    say(f"CPU us of deliver for each event: {spread([each.each for each in ours])}")
    verdict(f"delivered events/s / {GOAL_BATCHED:,}", statistics.median(rates) / GOAL_BATCHED, 1.0)


_others = [0]
"""Events at the stub of the last part that were the reference's."""


def _event() -> dict[str, object]:
    return track(random.randrange(USERS))  # noqa: S311 - whose events come together is chance


def _round(
    headgate: System, stub: Stub, path: str, bodies: list[bytes], *, events: int = 1
) -> Round:
    _settle(stub)
    (pid,) = headgate.pids["deliver"]
    before, cpu, begun = stub.events, cpu_seconds([pid]), time.monotonic()
    seen = load(headgate.collect + path, bodies, seconds=SECONDS)
    _settle(stub)
    delivered, seconds = stub.events - before, time.monotonic() - begun - QUIET
    spent = (cpu_seconds([pid]) - cpu) / delivered * 1e6
    _say("headgate", seen, events, delivered, seconds)
    return Round(delivered / seconds, spent)


def _settle(stub: Stub) -> None:
    """Wait until nothing has arrived for half a second."""
    last, since = stub.count, time.monotonic()
    while time.monotonic() - since < QUIET:
        time.sleep(0.02)
        if stub.count != last:
            last, since = stub.count, time.monotonic()


def _say(name: str, seen: Load, events: int, delivered: int, seconds: float) -> None:
    if seen.failed:
        sys.exit(f"{name}: {seen.failed} of {seen.requests} requests failed")
    say(
        f"  {name}: {seen.requests * events:,} acknowledged at {seen.rate * events:,.0f}/s, p50"
        f" {seen.p50}, p99 {seen.p99}; {delivered:,} delivered in {seconds:.1f} s"
    )


def _reference(stub: Stub, bodies: list[bytes]) -> float:
    with Chain(stub.url) as chain:
        before, begun = stub.count, time.monotonic()
        seen = load(chain.url, bodies, seconds=SECONDS)
        _settle(stub)
        delivered, seconds = stub.count - before, time.monotonic() - begun - QUIET
    _others[0] += delivered
    _say("aiohttp", seen, 1, delivered, seconds)
    return delivered / seconds


def _say_memory(headgate: System) -> None:
    pids = [pid for role in headgate.pids.values() for pid in role]
    say(f"memory of all processes: {memory_mib(pids):.0f} MiB")


def _check(headgate: System, stub: Stub) -> None:
    """Every received event was delivered once, and nothing else: the stub counts the same."""
    account, arrived = headgate.account(), stub.events - _others[0]
    if arrived != account["delivered"]:
        sys.exit(f"{arrived:,} events arrived at the stub: {account}")
    if account["balance"] or account["pending"] or account["delivered"] != account["received"]:
        sys.exit(f"the counts are not exact: {account}")
    kept = json.loads(headgate.command("log", "stat", "--json"))["events"]
    say(
        f"received {account['received']:,}, delivered {account['delivered']:,}, in the log {kept:,}"
    )


if __name__ == "__main__":
    main()
