"""What deliveries of a backlog cost, against the same requests made with aiohttp in the same run.

Single events and batches, over 1, 5, 20 and 1,000 connections of a source, with 5 hung beside 15
that are not; in the order of users and without, and with one user only.
`--transport curl` has plain http sent through libcurl (decision 0002); `--only WORD` runs the
cases that have the word in their name, `--deliveries N` changes how many each round makes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import statistics
import sys
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from bench.machine import cpu_seconds, describe, memory_mib, say, verdict
from bench.reference import Work, reference
from bench.rig import AUTHORIZATION, ORDERING, USERS, System, track
from bench.stub import BATCH, HUNG, Stub

ROUNDS = 3
DELIVERIES = 8_000
PIECE = 200
TOGETHER = 50
"""Events of one batch."""
GOAL_US = 60
GOAL_BESIDE_HUNG = 0.95
_THROUGH_CURL = Path(__file__).with_name("through_curl")


class Case(NamedTuple):
    """Connections that get the same events; `hung` more of them never answer."""

    name: str
    connections: int
    hung: int = 0
    batch: int = 1
    ordering: str = ORDERING
    users: int = USERS
    share: float = 1.0
    """Of the deliveries of a round: a case that is known to be slow makes fewer."""

    def urls(self, stub: Stub) -> list[str]:
        word = "ok" if self.batch == 1 else BATCH
        well = [f"{stub.url}{word}/{number}" for number in range(self.connections)]
        return well + [f"{stub.url}{HUNG}/{number}" for number in range(self.hung)]

    def events(self, deliveries: int) -> int:
        """How many events make so many deliveries, in whole batches."""
        each = max(1, int(deliveries * self.share) // self.connections)
        return max(1, each * (8 if self.batch > 1 else 1) // self.batch) * self.batch


GROUPS = (
    (Case("single, 1 connection", 1), Case("single, 1, no order", 1, ordering="none")),
    (Case("single, 5 connections", 5),),
    (Case("single, 20 connections", 20),),
    (Case("single, 15 connections", 15), Case("single, 15 and 5 hung", 15, hung=5)),
    (Case("single, 1,000 connections", 1000, share=2),),
    (Case("single, 1, of one user", 1, users=1, share=1 / 8),),
    (Case("batch, 1 connection", 1, batch=TOGETHER),),
    (Case("batch, 5 connections", 5, batch=TOGETHER),),
    (Case("batch, 20 connections", 20, batch=TOGETHER),),
    (Case("batch, 1,000 connections", 1000, batch=TOGETHER),),
)
"""Cases of one group run at the same time, in turns."""


class Seen(NamedTuple):
    """One round: deliveries a second, and microseconds of CPU for a delivery and an event."""

    rate: float
    each: float
    event: float
    theirs: float
    """Microseconds for one of the same requests with aiohttp."""


class Running(NamedTuple):
    case: Case
    system: System
    stub: Stub
    rounds: list[Seen]

    def round(self, deliveries: int) -> int:
        """Hold deliver, collect a backlog, let it go; how many events there were."""
        (pid,) = self.system.pids["deliver"]
        events = self.case.events(deliveries)
        os.kill(pid, signal.SIGSTOP)
        try:
            asyncio.run(collected(self.system.collect, events, users=self.case.users))
            target = self.stub.events + events * self.case.connections
            before = cpu_seconds([pid])
        finally:
            os.kill(pid, signal.SIGCONT)
        seconds = _until(self.stub, target)
        made = events * self.case.connections
        time.sleep(0.1)
        cpu = (cpu_seconds([pid]) - before) * 1e6
        theirs = self._theirs(made)
        self.rounds.append(Seen(made / seconds, cpu / made, cpu / events, theirs))
        return events

    def _theirs(self, deliveries: int) -> float:
        requests = min(4_000, deliveries // self.case.batch)
        urls = self.case.urls(self.stub)[: self.case.connections]
        return reference(Work(urls, max(500, requests), self.case.batch)) / self.case.batch

    def check(self, events: int) -> None:
        """The ledger has every event delivered once for each connection, and nothing else."""
        rows, case = self.system.accounts(), self.case
        well = [row for row in rows if row["delivered"] == events]
        wrong = [row for row in rows if row["balance"] or row["received"] != events]
        hung = [row for row in rows if row["delivered"] == 0 and row["pending"] == events]
        if wrong or len(well) != case.connections or len(hung) != case.hung:
            shown = (wrong or [row for row in rows if row["delivered"] not in (0, events)])[:3]
            sys.exit(f"{case.name}: the counts are not exact, {events} events: {shown}")


def main() -> None:
    options = _options()
    deliveries, environ = options.deliveries, _environ(options.transport)
    say(f"deliver: {describe()}")
    say(
        f"order per_user unless told, {USERS:,} users; about {deliveries:,} deliveries a round (8"
        f" times as many in batches of {TOGETHER}), medians of {ROUNDS}; plain http through"
        f" {options.transport}"
    )
    say(f"{'':<26}{'deliveries/s':>13}{'us each':>9}{'us event':>10}{'aiohttp':>9}{'MiB':>6}")
    seen: dict[str, list[Seen]] = {}
    for group in GROUPS:
        cases = [case for case in group if options.only in case.name]
        if cases:
            seen |= _measured(cases, deliveries, environ)
    _judge(seen)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transport", choices=("h1", "curl"), default="h1")
    parser.add_argument("--only", default="")
    parser.add_argument("--deliveries", type=int, default=DELIVERIES)
    return parser.parse_args()


def _environ(transport: str) -> dict[str, str]:
    return {"PYTHONPATH": str(_THROUGH_CURL)} if transport == "curl" else {}


def _measured(cases: list[Case], deliveries: int, environ: dict[str, str]) -> dict[str, list[Seen]]:
    with contextlib.ExitStack() as stack:
        running = [_started(case, stack, environ) for case in cases]
        sent = [each.round(min(deliveries, 2_000)) for each in running]
        for each in running:
            each.rounds.clear()  # the first round warms up
        for _ in range(ROUNDS):
            sent = [n + each.round(deliveries) for n, each in zip(sent, running, strict=True)]
        for n, each in zip(sent, running, strict=True):
            _tell(each)
            each.check(n)
        return {each.case.name: each.rounds for each in running}


def _started(case: Case, stack: contextlib.ExitStack, environ: dict[str, str]) -> Running:
    stub = stack.enter_context(Stub())
    batch = case.batch if case.batch > 1 else 0
    if case.hung:  # so that time-outs, breakers and retries come within a round
        environ = {**environ, "HEADGATE_REQUEST_SECONDS": "1"}
    system = System(case.urls(stub), environ=environ, ordering=case.ordering, batch=batch)
    return Running(case, stack.enter_context(system), stub, [])


def _tell(running: Running) -> None:
    rounds, memory = running.rounds, memory_mib(running.system.pids["deliver"])
    rate, each, event, theirs = (
        statistics.median([getattr(seen, name) for seen in rounds]) for name in Seen._fields
    )
    say(
        f"{running.case.name:<26}{rate:>13,.0f}{each:>9.1f}{event:>10.1f}{theirs:>9.1f}"
        f"{memory:>6.0f}"
    )


def _judge(seen: dict[str, list[Seen]]) -> None:
    if rounds := seen.get("single, 1 connection"):
        cost = statistics.median([each.each for each in rounds])
        ratio = statistics.median([each.theirs / each.each for each in rounds])
        verdict("aiohttp / headgate, CPU for each single delivery", ratio, 2.0)
        verdict(f"{GOAL_US} us / CPU for each single delivery", GOAL_US / cost, 1.0)
    alone, beside = seen.get("single, 15 connections"), seen.get("single, 15 and 5 hung")
    if alone and beside:
        rates = [b.rate / a.rate for a, b in zip(alone, beside, strict=True)]
        verdict("15 beside 5 hung / 15 alone", statistics.median(rates), GOAL_BESIDE_HUNG)
        costs = [a.each / b.each for a, b in zip(alone, beside, strict=True)]
        say(f"the same for each second of CPU: {statistics.median(costs):.2f}")


def _until(stub: Stub, target: int, most: float = 120.0) -> float:
    """Wait until so many events have arrived; the seconds that took."""
    begun = time.monotonic()
    while stub.events < target:
        if time.monotonic() - begun > most:
            sys.exit(f"{target - stub.events} deliveries did not arrive")
        time.sleep(0.005)
    if stub.events > target:
        sys.exit(f"{stub.events - target} deliveries too many arrived")
    return time.monotonic() - begun


async def collected(url: str, events: int, piece: int = PIECE, *, users: int = USERS) -> None:
    """Send so many events, a piece at a time, and have each acknowledged."""
    headers = {"Authorization": AUTHORIZATION}
    async with aiohttp.ClientSession(headers=headers) as session:
        while events > 0:
            batch = {"batch": [_event(users) for _ in range(min(piece, events))]}
            events -= piece
            async with session.post(f"{url}/v1/batch", json=batch) as answer:
                if answer.status != 200:
                    sys.exit(f"collect answered {answer.status}: {await answer.text()}")


def _event(users: int) -> dict[str, Any]:
    user = random.randrange(users)  # noqa: S311 - whose events come together is chance
    return {**track(user), "messageId": uuid.uuid4().hex}


if __name__ == "__main__":
    main()
