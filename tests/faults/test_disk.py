from __future__ import annotations

import shutil
import time
from statistics import median
from typing import TYPE_CHECKING

import pytest

from headgate.log.segments.chain import Chain
from tests.faults.bad_disk import SYNCING, Rule, full
from tests.faults.clients import Answer, Clients, post_once
from tests.faults.mortal import ROLES, Mortal
from tests.faults.stored import durable_parts, readable
from tests.harness.checks import check
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import tell
from tests.harness.receiver import slow, until
from tests.harness.sending import fresh, post, send, track

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from tests.faults.bad_disk import BadDisk
    from tests.harness.checks import Checked
    from tests.harness.receiver import Receiver

ALL = "/all"
SLOTS = 8
HEAL_SECONDS = 5.0
REFUSAL_SECONDS = 0.1
EVERYTHING, LOG, SEGMENTS, LEDGER = "/data/", "/data/log/", ".seg", "/data/ledger-0.db"


@pytest.fixture
def headgate(bad_disk: BadDisk, receiver: Receiver, tmp_path: Path) -> Iterator[Mortal]:
    """One whose disk fails on demand, with a connection whose receiver takes 10 ms."""
    environ = {**bad_disk.environment, "HEADGATE_SLOTS": str(SLOTS)}
    headgate = Mortal(tmp_path / "headgate", environ=environ)
    headgate.declare(declaration(connection("all", receiver.url(ALL))))
    receiver.script(ALL, slow(0.01))
    with headgate:
        yield headgate


def arrived(receiver: Receiver) -> set[str]:
    return {each.message_id or "" for each in receiver.taken(ALL)}


def takes_events(headgate: Mortal, ids: list[str]) -> bool:
    """Send one event; its id goes into `ids` if it was acknowledged."""
    (message_id,) = fresh(1, "probe")
    is_taken = post(headgate.ready.collect, "/v1/track", track(message_id)).status == 200
    ids.extend([message_id] if is_taken else [])
    return is_taken


def settled(
    headgate: Mortal, receiver: Receiver, acknowledged: Collection[str], *, faultless: bool = True
) -> Checked:
    """Wait for everything to be delivered, and judge."""
    headgate.drain()
    found = check(
        headgate,
        acknowledged=acknowledged,
        taken={"all": receiver.taken(ALL)},
        faultless=faultless,
    )
    assert found.rows["all"].pending == 0
    return found


def check_refusals(answers: Collection[Answer]) -> str:
    """Every refusal says that it is our fault and when to come again, and says so at once."""
    assert answers
    for answer in answers:
        assert (answer.status, answer.body["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1
    middle = median(answer.seconds for answer in answers)
    assert middle < REFUSAL_SECONDS
    longest = max(answer.seconds for answer in answers)
    return f"{len(answers)} refused in {middle * 1000:.0f} ms, at most {longest * 1000:.0f} ms"


@pytest.mark.parametrize("is_short", [False, True])
def test_a_full_log_refuses_events_while_delivery_goes_on(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver, *, is_short: bool
) -> None:
    before, probes = headgate.pids(), list[str]()
    with Clients(headgate.ready.collect) as clients:
        time.sleep(0.5)
        with bad_disk.failing(full(LOG, is_short=is_short)):
            waiting = len(clients.acknowledged - arrived(receiver))
            until(lambda: clients.acknowledged <= arrived(receiver), 15, "delivery on a full disk")
        healed = until(lambda: takes_events(headgate, probes), HEAL_SECONDS, "an end of refusals")
        clients.finish()
    found = settled(headgate, receiver, clients.acknowledged.union(probes))
    assert waiting > SLOTS
    assert headgate.pids() == before
    said = check_refusals(clients.answers)
    tell(f"1 trial, {said}, {waiting} delivered meanwhile, healed in {healed:.2f} s: {found}")


def test_a_full_disk_keeps_results_and_slots(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver
) -> None:
    before, probes = headgate.pids(), list[str]()
    with Clients(headgate.ready.collect) as clients:
        time.sleep(0.5)
        with bad_disk.failing(full(EVERYTHING)):
            seen = len(receiver.received(ALL))
            time.sleep(2.5)
            meanwhile = receiver.received(ALL)[seen:]
        healed = until(lambda: takes_events(headgate, probes), HEAL_SECONDS, "an end of refusals")
        until(lambda: len(receiver.received(ALL)) > seen + SLOTS, HEAL_SECONDS, "deliveries")
        clients.finish()
    found = settled(headgate, receiver, clients.acknowledged.union(probes))
    assert len(meanwhile) <= SLOTS
    assert headgate.pids() == before
    for each in meanwhile:
        (way,) = headgate.trace(each.message_id or "").deliveries
        assert [attempt.n for attempt in way.attempts] == [1]
    said = check_refusals(clients.answers)
    tell(f"1 trial, {said}, {len(meanwhile)} sent meanwhile, healed in {healed:.2f} s: {found}")


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
    tell(f"1 trial, {said}, healed in {healed:.2f} s: {found}")

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
    tell(f"1 trial, {kept} of {len(refused)} refused were kept: {found}")


def test_a_failed_sync_of_the_ledger_restarts_delivery(
    headgate: Mortal, bad_disk: BadDisk, receiver: Receiver
) -> None:
    before = headgate.pids()
    with Clients(headgate.ready.collect) as clients:
        time.sleep(0.3)
        with bad_disk.failing(Rule(LEDGER, SYNCING, most=1)):
            until(lambda: bad_disk.failed == 1, 5, "a sync of the ledger")
            until(lambda: headgate.pids().get("deliver") not in {None, before["deliver"]}, 10, "it")
        clients.finish()
    found = settled(headgate, receiver, clients.acknowledged, faultless=False)
    repeats = sum(n - 1 for n in found.repeats["all"].values())
    assert repeats <= SLOTS
    assert {**headgate.pids(), "deliver": 0} == {**before, "deliver": 0}
    tell(f"1 trial, {repeats} repeats: {found}")
