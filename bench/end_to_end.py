"""Single events in, single deliveries out, counted exactly, against the same chain on aiohttp."""

from __future__ import annotations

import json
import statistics
import sys
import time

from bench.aiohttp_chain import Chain
from bench.machine import cpu_seconds, describe, memory_mib, say, spread, verdict
from bench.rig import Load, System, load, needed, track
from bench.stub import Stub

ROUNDS = 3
SECONDS = 5
GOAL_RATE = 5000


def main() -> None:
    needed("wrk")
    say(f"end to end: {describe()}")
    body = json.dumps(track()).encode()
    ours, theirs, costs = [], [], []
    with Stub() as stub, System(stub.url) as headgate:
        account = {"received": 0}
        load(headgate.collect + "/v1/track", body, seconds=1, connections=8)
        for _ in range(ROUNDS):
            _settle(stub)
            before, cpu = stub.count, cpu_seconds(headgate.pids["deliver"])
            begun = time.monotonic()
            seen = load(headgate.collect + "/v1/track", body, seconds=SECONDS)
            _settle(stub)
            delivered, seconds = stub.count - before, time.monotonic() - begun - QUIET
            costs.append((cpu_seconds(headgate.pids["deliver"]) - cpu) / delivered * 1e6)
            ours.append(delivered / seconds)
            _say("headgate", seen, delivered, seconds)
            theirs.append(_reference(stub, body))
        account = headgate.account()
        pids = [pid for role in headgate.pids.values() for pid in role]
        say(f"memory of all processes: {memory_mib(pids):.0f} MiB")
        _check(account, headgate)
    say(f"delivered events/s: headgate {spread(ours)}, aiohttp {spread(theirs)}")
    say(f"CPU us of deliver for each delivery: {spread(costs)}")
    verdict(
        "headgate / aiohttp, delivered events/s",
        statistics.median([a / b for a, b in zip(ours, theirs, strict=True)]),
        2.0,
    )
    verdict(f"delivered events/s / {GOAL_RATE}", statistics.median(ours) / GOAL_RATE, 1.0)


QUIET = 0.5


def _settle(stub: Stub) -> None:
    """Wait until nothing has arrived for half a second."""
    last, since = stub.count, time.monotonic()
    while time.monotonic() - since < QUIET:
        time.sleep(0.02)
        if stub.count != last:
            last, since = stub.count, time.monotonic()


def _say(name: str, seen: Load, delivered: int, seconds: float) -> None:
    if seen.failed:
        sys.exit(f"{name}: {seen.failed} of {seen.requests} requests failed")
    say(
        f"  {name}: {seen.requests:,} acknowledged at {seen.rate:,.0f}/s, p50 {seen.p50},"
        f" p99 {seen.p99}; {delivered:,} delivered in {seconds:.1f} s"
    )


def _reference(stub: Stub, body: bytes) -> float:
    with Chain(stub.url) as chain:
        before, begun = stub.count, time.monotonic()
        seen = load(chain.url, body, seconds=SECONDS)
        _settle(stub)
        delivered, seconds = stub.count - before, time.monotonic() - begun - QUIET
    _say("aiohttp", seen, delivered, seconds)
    return delivered / seconds


def _check(account: dict[str, int], headgate: System) -> None:
    """Every received event was delivered once, and nothing else: the stub counts the same."""
    if account["balance"] or account["pending"] or account["delivered"] != account["received"]:
        sys.exit(f"the counts are not exact: {account}")
    kept = json.loads(headgate.command("log", "stat", "--json"))["events"]
    say(
        f"received {account['received']:,}, delivered {account['delivered']:,}, in the log {kept:,}"
    )


if __name__ == "__main__":
    main()
