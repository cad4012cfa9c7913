from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from headgate.ledger.driver import open_reader
from headgate.log.segments.chain import Chain
from tests.faults.bad_disk import SYNCING, Rule, full
from tests.faults.clients import Clients, post_once
from tests.faults.judging import (
    ALL,
    HEAL_SECONDS,
    SLOTS,
    arrived,
    check_refusals,
    repeats,
    settled,
    summary,
    takes_events,
)
from tests.faults.mortal import ROLES
from tests.faults.stored import durable_parts, readable
from tests.harness.fixtures import tell
from tests.harness.receiver import until
from tests.harness.sending import fresh, send

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from tests.faults.bad_disk import BadDisk
    from tests.faults.mortal import Mortal
    from tests.harness.receiver import Receiver

MOST_TRIES, TRY_SECONDS = 8, 1.5
EVERYTHING, LOG, SEGMENTS, LEDGER = "/data/", "/data/log/", ".seg", "/data/ledger-0.db"


def test_a_full_log_refuses_events_while_delivery_goes_on(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver
) -> None:
    before, probes, waiting, healed = headgate.pids(), list[str](), list[int](), list[float]()
    with Clients(headgate.ready.collect, count=4, pause=0.01) as clients:
        for is_short in (False, True):
            time.sleep(0.5)
            with bad_disk.failing(full(LOG, is_short=is_short)):
                waiting.append(len(clients.acknowledged - arrived(receiver)))
                until(lambda: clients.acknowledged <= arrived(receiver), 15, "delivery meanwhile")
            healed.append(until(lambda: takes_events(headgate, probes), HEAL_SECONDS, "healing"))
        clients.finish()
    found = settled(headgate, receiver, clients.acknowledged.union(probes))
    assert min(waiting) > SLOTS
    assert headgate.pids() == before
    said = check_refusals(clients.answers)
    tell(f"2 trials, {said}, {waiting} waited, healed in {max(healed):.2f} s; {summary(found)}")


def attempts_on_record(data: Path) -> int:
    """Rows in the attempt files: trying a tick again must not tell of another attempt."""
    total = 0
    for path in data.glob("attempts-*.db"):
        reader = open_reader(path)
        total += reader.execute("select count(*) from attempts").fetchone()[0]
        reader.close()
    return total


def test_a_full_disk_keeps_results_and_slots(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver
) -> None:
    before, probes = headgate.pids(), list[str]()
    with Clients(headgate.ready.collect, count=4, pause=0.02) as clients:
        time.sleep(0.5)
        with bad_disk.failing(full(LEDGER), full(LOG)):
            seen = len(receiver.received(ALL))
            time.sleep(1.3)
            bad_disk.fail(full(EVERYTHING))
            time.sleep(1.3)
            meanwhile = receiver.received(ALL)[seen:]
        healed = until(lambda: takes_events(headgate, probes), HEAL_SECONDS, "an end of refusals")
        until(lambda: len(receiver.received(ALL)) > seen + SLOTS, HEAL_SECONDS, "deliveries")
        clients.finish()
    found = settled(headgate, receiver, clients.acknowledged.union(probes))
    assert len(meanwhile) <= SLOTS
    assert headgate.pids() == before
    assert "ledger.unavailable" in headgate.logs()
    assert attempts_on_record(headgate.data) == found.live
    said = check_refusals(clients.answers)
    tell(f"1 trial, {said}, {len(meanwhile)} sent on, healed in {healed:.2f} s; {summary(found)}")


def show_none_of(unsynced: Collection[str], seen: Collection[str]) -> None:
    shown = set(unsynced) & set(seen)
    assert not shown, f"{len(shown)} events that were never synced are visible"


def test_a_failed_sync_shows_nothing_that_was_not_synced(
    headgate: Mortal,
    bad_disk: BadDisk,
    receiver: Receiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, before = headgate.ready.collect, headgate.pids()
    first, lost, again = fresh(100, "first"), fresh(60, "lost"), fresh(60, "again")
    send(url, first)
    with bad_disk.failing(Rule(SEGMENTS, SYNCING)):
        answers = [
            post_once(url, [*lost[at : at + 6], *again[at : at + 6]]) for at in range(0, 60, 6)
        ]
        time.sleep(0.2)
        assert readable(headgate.data) == set(first)
        assert arrived(receiver) <= set(first)
    probes = list[str]()
    healed = until(lambda: takes_events(headgate, probes), HEAL_SECONDS, "an end of refusals")
    acknowledged = [*first, *probes, *send(url, again), *send(url, fresh(100, "last"))]
    found = settled(headgate, receiver, acknowledged)
    said = check_refusals(answers)
    assert headgate.pids() == before
    show_none_of(lost, readable(headgate.data) | arrived(receiver))
    counted, beyond = next(iter(durable_parts(headgate.data).values()))
    assert counted == set(first)
    assert beyond == {*lost[:6], *again[:6]}

    headgate.stop()
    headgate.start()
    headgate.strike(*ROLES)()
    show_none_of(lost, readable(headgate.data))
    settled(headgate, receiver, acknowledged)
    tell(f"1 trial, {said}, healed in {healed:.2f} s; {summary(found)}")

    copy = shutil.copytree(headgate.data, tmp_path / "copy", ignore=_sockets)
    monkeypatch.setattr(Chain, "limit", lambda self, first: self.segment(first).size())
    with pytest.raises(AssertionError, match="6 events that were never synced are visible"):
        show_none_of(lost, readable(copy))


def _sockets(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.endswith(".sock")]


def test_what_a_failed_sync_refused_may_come_once_more_after_a_kill(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver
) -> None:
    url = headgate.ready.collect
    first, refused = send(url, fresh(50, "first")), fresh(50, "refused")
    bad_disk.fail(Rule(SEGMENTS, SYNCING))
    assert post_once(url, refused).status == 503
    revive = headgate.strike(*ROLES)
    bad_disk.heal()
    revive()
    kept = len(readable(headgate.data)) - len(first)
    send(url, refused)
    found = settled(headgate, receiver, [*first, *refused], faultless=False)
    tell(f"1 trial, {kept} of {len(refused)} refused were kept; {summary(found)}")


def test_a_failed_sync_of_the_ledger_restarts_delivery(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver
) -> None:
    """One of a commit, which begins the file of changes anew, is tried again; any other is not."""
    before = headgate.pids()
    with Clients(headgate.ready.collect, count=4, pause=0.02) as clients:
        receiver.wait(1)
        tries = 0
        while headgate.pids().get("deliver") == before["deliver"]:
            tries += 1
            assert tries <= MOST_TRIES, "no failed sync has restarted it"
            with bad_disk.failing(Rule(LEDGER, SYNCING, most=1)):
                until(lambda: bad_disk.failed == 1, 5, "a sync of the ledger")
                time.sleep(TRY_SECONDS)
        until(lambda: headgate.pids().get("deliver") not in {None, before["deliver"]}, 10, "it")
        clients.finish()
    found = settled(headgate, receiver, clients.acknowledged, faultless=False)
    assert repeats(found) <= SLOTS
    assert {**headgate.pids(), "deliver": 0} == {**before, "deliver": 0}
    tell(f"1 trial, {tries} failed syncs, {summary(found)}")
