from __future__ import annotations

import errno
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.bad_disk import SYNCING, Rule
from tests.faults.clients import Clients
from tests.faults.judging import SLOTS, check_refusals, repeats, settled, summary
from tests.harness.fixtures import tell
from tests.harness.receiver import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tests.faults.bad_disk import BadDisk
    from tests.faults.mortal import Mortal
    from tests.harness.receiver import Receiver

SEGMENTS, FOLDER, HEAD = ".seg", "/data/log", "/data/log/head"
LEDGER, ATTEMPTS = "/data/ledger-0.db", "/data/attempts-"
OF_THE_LOG = (
    (Rule(SEGMENTS, SYNCING),),
    (Rule(SEGMENTS, ("write",)),),
    (Rule(SEGMENTS, ("write",), errno.ENOSPC, is_short=True),),
    (Rule(HEAD, ("pwrite",)),),
    (Rule(SEGMENTS, SYNCING, most=1), Rule(FOLDER, ("fsync",))),
)
OF_THE_LEDGER = (
    (Rule(LEDGER, ("pwrite",)),),
    (Rule(LEDGER, ("pwrite",), errno.ENOSPC, is_short=True),),
    (Rule(LEDGER, SYNCING),),
    (Rule(ATTEMPTS, ("pwrite",)),),
    (Rule(ATTEMPTS, ("pwrite",), errno.ENOSPC),),
    (Rule(ATTEMPTS, SYNCING),),
)
INTERRUPTED = (
    Rule(SEGMENTS, ("write",), errno.EINTR),
    Rule(SEGMENTS, ("write",), errno.EINTR, is_short=True),
    Rule(SEGMENTS, SYNCING, errno.EINTR),
    Rule(HEAD, ("pwrite",), errno.EINTR),
    Rule(FOLDER, ("fsync",), errno.EINTR),
    Rule(LEDGER, ("pwrite",), errno.EINTR, is_short=True),
)


def troubled(bad_disk: BadDisk, faults: Sequence[tuple[Rule, ...]], rng: Random) -> None:
    """One fault of the disk, a few calls long, at some moment from now."""
    *first, last = rng.choice(faults)
    last = last._replace(skip=rng.randrange(5), most=rng.randint(1, 4))
    with bad_disk.failing(*first, last):
        end = time.monotonic() + 0.5
        while bad_disk.failed < last.most + len(first) and time.monotonic() < end:
            time.sleep(0.005)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("trials", [25, pytest.param(200, marks=pytest.mark.full)])
def test_passing_faults_of_the_log_lose_and_repeat_nothing(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver, rng: Random, trials: int
) -> None:
    before = headgate.pids()
    with Clients(headgate.ready.collect, count=4, pause=0.02) as clients:
        for _ in range(trials):
            troubled(bad_disk, OF_THE_LOG, rng)
        clients.finish()
    found = settled(headgate, receiver, clients.acknowledged)
    assert headgate.pids() == before
    tell(f"{trials} trials, {check_refusals(clients.answers)}; {summary(found)}")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("trials", [6, pytest.param(100, marks=pytest.mark.full)])
def test_passing_faults_of_the_ledger_repeat_no_more_than_the_slots(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver, rng: Random, trials: int
) -> None:
    restarts, deliver = 0, headgate.pids()["deliver"]
    with Clients(headgate.ready.collect, count=2, pause=0.05) as clients:
        for _ in range(trials):
            clients.is_resting = False
            troubled(bad_disk, OF_THE_LEDGER, rng)
            clients.is_resting = True
            until(lambda: "deliver" in headgate.pids(), 15, "delivery to run")
            restarts += headgate.pids()["deliver"] != deliver
            deliver = headgate.pids()["deliver"]
        clients.finish()
    found = settled(headgate, receiver, clients.acknowledged, faultless=False)
    assert not clients.answers
    assert repeats(found) <= SLOTS * restarts
    tell(f"{trials} trials, delivery restarted {restarts} times; {summary(found)}")


def test_calls_that_a_signal_interrupts_are_made_again_and_nobody_notices(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver
) -> None:
    before, interrupted = headgate.pids(), 0
    with Clients(headgate.ready.collect, count=4, pause=0.01) as clients:
        for rule in INTERRUPTED:
            for most in (1, 40):
                with bad_disk.failing(rule._replace(most=most)):
                    time.sleep(0.15)
                interrupted += bad_disk.failed
        clients.finish()
    found = settled(headgate, receiver, clients.acknowledged)
    assert not clients.answers
    assert headgate.pids() == before
    assert interrupted > len(INTERRUPTED)
    tell(f"{interrupted} calls interrupted, 0 refused; {summary(found)}")
