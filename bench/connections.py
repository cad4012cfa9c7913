"""The same deliveries over 1,000 connections and over 10: what many lanes cost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import sys
import time

from bench.deliver import PIECE, collected
from bench.machine import cpu_seconds, describe, memory_mib, say, spread, verdict
from bench.rig import System
from bench.stub import Stub

ROUNDS = 3
DELIVERIES = 20_000
FEW, MANY = 10, 1_000
GOAL = 0.8
"""The least share of the throughput of a few connections that many have (promise R8)."""


class Wide(System):
    """`headgate up` with so many connections of one source."""

    def __init__(self, url: str, connections: int) -> None:
        super().__init__(url)
        self.connections = connections
        self._declaration = json.dumps(
            {
                "version": 1,
                "workspace": "bench",
                "sources": [{"slug": "load", "name": "Load", "write_keys": ["wk_bench"]}],
                "connections": [_connection(number, url) for number in range(connections)],
            }
        )

    def check(self, events: int) -> None:
        """Every connection has delivered every event, and nothing else."""
        rows = json.loads(self.command("ledger", "--json"))
        wrong = [row for row in rows if row["delivered"] != events or row["balance"]]
        if len(rows) != self.connections or wrong:
            sys.exit(f"the counts are not exact: {len(rows)} rows, {wrong[:3]}")


def _connection(number: int, url: str) -> dict[str, object]:
    mapping = {"url": f"{url}{number}"}
    return {
        "slug": f"hook-{number}",
        "source": "load",
        "destination": "webhook",
        "enabled": True,
        "settings": {"sharedSecret": "benchmark"},
        "subscriptions": [
            {"name": "All", "action": "send", "trigger": 'type = "track"', "mapping": mapping}
        ],
    }


def main() -> None:
    say(f"connections: {describe()}")
    rates: dict[int, list[float]] = {FEW: [], MANY: []}
    with Stub() as stub, Wide(stub.url, FEW) as few, Wide(stub.url, MANY) as many:
        systems = (few, many)
        sent = {each.connections: _warm(each, stub) for each in systems}
        for _ in range(ROUNDS):
            for each in systems:
                events = DELIVERIES // each.connections
                rates[each.connections].append(_round(each, stub, events))
                sent[each.connections] += events
        for each in systems:
            each.check(sent[each.connections])
            memory = memory_mib(each.pids["deliver"])
            say(f"{each.connections:,} connections: memory of deliver {memory:.0f} MiB")
    say(f"deliveries/s: {FEW} {spread(rates[FEW])}, {MANY:,} {spread(rates[MANY])}")
    ratios = [b / a for a, b in zip(rates[FEW], rates[MANY], strict=True)]
    verdict(f"{MANY:,} / {FEW} connections, deliveries/s", statistics.median(ratios), GOAL)


def _warm(system: Wide, stub: Stub) -> int:
    """Have every connection deliver a little; the events that took."""
    _round(system, stub, 10)
    return 10


def _round(system: Wide, stub: Stub, events: int) -> float:
    """Hold deliver, collect a backlog, let it go; deliveries a second."""
    (pid,) = system.pids["deliver"]
    os.kill(pid, signal.SIGSTOP)
    asyncio.run(collected(system.collect, events, min(PIECE, events)))
    deliveries = events * system.connections
    target, cpu = stub.count + deliveries, cpu_seconds([pid])
    os.kill(pid, signal.SIGCONT)
    begun = time.monotonic()
    while stub.count < target:
        if time.monotonic() - begun > 120:
            sys.exit(f"{target - stub.count} deliveries did not arrive")
        time.sleep(0.01)
    seconds = time.monotonic() - begun
    spent = (cpu_seconds([pid]) - cpu) / deliveries * 1e6
    say(f"  {system.connections:,}: {deliveries / seconds:,.0f} deliveries/s, {spent:.0f} us each")
    return deliveries / seconds


if __name__ == "__main__":
    main()
