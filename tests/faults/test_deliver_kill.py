"""Deliver is killed, or stopped for a while, under load: exact books, and few repeats."""

from __future__ import annotations

import os
import signal
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.faults.blamed import Fault, costs, messages
from tests.faults.clients import Clients
from tests.faults.mortal import Mortal
from tests.harness.checks import check, check_balance, check_deliveries, check_log
from tests.harness.declarations import connection, declaration, subscription
from tests.harness.fixtures import tell
from tests.harness.receiver import OK, Receiver, failing, slow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

SINGLES = ("healthy", "slow", "failing")
BATCHING = "batching"
BATCH = 20
FAULTS_OF_A_SYSTEM = 10
AFTERWARDS_SECONDS = 0.05
"""How long the load goes on after a kill: what waits meanwhile is sent again, but no more comes."""
UNMARKED, EARLY = (Path(__file__).with_name(name) for name in ("unmarked", "early"))


def configure(headgate: Mortal, receiver: Receiver, rng: Random) -> None:
    """All want everything; each failure is one event's, as nobody waits for another's."""
    alone = [
        connection(slug, receiver.url(f"/{slug}"), ordering="none", secret=receiver.secret)
        for slug in SINGLES
    ]
    together = subscription(receiver.url(f"/{BATCHING}"))
    together["mapping"] |= {"enable_batching": True, "batch_size": BATCH}
    many = connection(BATCHING, subscriptions=[together], ordering="none")
    headgate.apply(declaration(*alone, many))
    receiver.script("/healthy", slow(0.004))
    receiver.script("/slow", slow(0.02))
    receiver.script("/failing", *rng.choices((slow(0.004), failing(503)), (60, 1), k=5000), OK)
    receiver.script(f"/{BATCHING}", slow(0.01))


class Run(NamedTuple):
    """What came of one system: the ids that were acknowledged, and when it had which fault."""

    acknowledged: set[str]
    faults: list[Fault]


def under_load(headgate: Mortal, kinds: Sequence[str], rng: Random, longest: float) -> Run:
    """Each fault under load, each on any of the deliver processes; then drain."""
    faults = []
    with Clients(headgate.ready.collect, count=4, pause=0.03) as clients:
        for kind in kinds:
            clients.is_resting = False
            time.sleep(rng.uniform(0.1, 0.6))
            victim = rng.choice([name for name in headgate.pids() if name.startswith("deliver")])
            if kind == "kill":
                faults.append(killed(headgate, victim, clients))
            else:
                faults.append(stopped(headgate, victim, rng.uniform(0.2, longest)))
        clients.finish()
    headgate.drain(60, lanes=len(SINGLES) + 1)
    assert clients.acknowledged == clients.sent
    return Run(clients.acknowledged, faults)


def killed(headgate: Mortal, victim: str, clients: Clients) -> Fault:
    fault = Fault(victim, time.monotonic())
    revive = headgate.strike(victim)
    time.sleep(AFTERWARDS_SECONDS)
    clients.is_resting = True
    revive()
    return fault


def stopped(headgate: Mortal, victim: str, seconds: float) -> Fault:
    """Its requests are answered meanwhile, and it finds the answers when it goes on."""
    pid, began = headgate.pids()[victim], time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)
    return Fault(victim, began, seconds)


def judged(headgate: Mortal, receiver: Receiver, run: Run) -> dict[str, list[int]]:
    """Nothing lost, the books exact; what each fault cost each connection, in requests."""
    taken = {slug: receiver.taken(f"/{slug}") for slug in (*SINGLES, BATCHING)}
    alone = {slug: taken[slug] for slug in SINGLES}
    found = check(headgate, acknowledged=run.acknowledged, taken=alone, faultless=False)
    assert found.live == len(run.acknowledged)
    for slug, requests in taken.items():
        row = found.rows[slug]
        assert (row.ended(), row.pending) == ({"delivered": found.live}, 0), row
        arrived = {message for each in requests for message in messages(each)}
        assert arrived == run.acknowledged, slug
    return {slug: costs(requests, run.faults) for slug, requests in taken.items()}


def portions(kinds: list[str]) -> Iterator[list[str]]:
    rest = iter(kinds)
    while portion := list(islice(rest, FAULTS_OF_A_SYSTEM)):
        yield portion


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("trials", "longest"), [(20, 1.5), pytest.param(200, 5.0, marks=pytest.mark.full)]
)
def test_no_fault_of_deliver_loses_anything_or_repeats_more_than_its_slots(
    trials: int, longest: float, tmp_path: Path, rng: Random
) -> None:
    """Kill -9, or SIGSTOP and SIGCONT, of one of one or two deliver processes."""
    events = repeats = 0
    for number, kinds in enumerate(portions(rng.choices(("kill", "stop"), (3, 1), k=trials))):
        slots, processes = rng.choice((8, 32)), 1 + number % 2
        headgate = Mortal(
            tmp_path / str(number),
            options=[f"--deliver-processes={processes}"],
            environ={"HEADGATE_SLOTS": str(slots), "HEADGATE_BATCH_SECONDS": "0.1"},
        )
        with Receiver(tmp_path / f"receiver-{number}") as receiver:
            configure(headgate, receiver, rng)
            with headgate:
                run = under_load(headgate, kinds, rng, longest)
                cost = judged(headgate, receiver, run)
        shown = "; ".join(map(str, run.faults))
        tell(f"{processes} deliver, {slots} slots, {len(run.acknowledged)} events: {shown}: {cost}")
        assert max(map(max, cost.values())) <= slots
        events += len(run.acknowledged)
        repeats += sum(map(sum, cost.values()))
    tell(f"{trials} faults, {events} events, 0 lost, {repeats} requests repeated")


def broken(folder: Path, receiver: Receiver, rng: Random, path: Path) -> tuple[Mortal, Run]:
    """What three kills make of a build that is at fault."""
    environ = {"PYTHONPATH": str(path), "HEADGATE_SLOTS": "8", "HEADGATE_BATCH_SECONDS": "0.1"}
    headgate = Mortal(folder, environ=environ)
    configure(headgate, receiver, rng)
    with headgate:
        return headgate, under_load(headgate, ["kill"] * 3, rng, 1.0)


@pytest.mark.timeout(300)
def test_slots_that_are_free_before_the_commit_are_caught(
    receiver: Receiver, tmp_path: Path, rng: Random
) -> None:
    headgate, run = broken(tmp_path / "unmarked", receiver, rng, UNMARKED)
    check_balance(headgate.ledger())
    cost = judged(headgate, receiver, run)
    tell(f"8 slots, {len(run.acknowledged)} events: {cost}")
    assert max(map(max, cost.values())) > 8


@pytest.mark.timeout(300)
def test_deliveries_that_count_before_they_are_sent_are_caught(
    receiver: Receiver, tmp_path: Path, rng: Random
) -> None:
    headgate, run = broken(tmp_path / "early", receiver, rng, EARLY)
    live = check_log(headgate.log_cat(everything=True), run.acknowledged)
    rows: dict[str, Any] = {row.connection or "": row for row in headgate.ledger()}
    taken = receiver.taken("/healthy")
    tell(f"{rows['healthy'].delivered} counted, {len({each.message_id for each in taken})} arrived")
    with pytest.raises(AssertionError, match="messages arrived, the ledger says"):
        check_deliveries(rows["healthy"], taken, live, faultless=False)
