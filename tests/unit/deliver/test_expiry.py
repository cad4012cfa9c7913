from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.expiry import EXPIRED
from headgate.ledger.port import LedgerUnavailable
from headgate.log.port import Position
from tests.unit.deliver.rig import BAD, BUSY, EVERYTHING, Rig, passed, virtual

if TYPE_CHECKING:
    import pytest

    from headgate.ledger.port import Tick

DELIVERED = ("delivered", "")
NUMBER = EVERYTHING.number


async def raise_floor(rig: Rig) -> int:
    """Retention announces that everything up to now will be dropped."""
    floor = (await rig.log.heads())[0]
    await rig.log.raise_floor({0: floor})
    await passed(6.0)
    return floor


async def trim(rig: Rig, floor: int) -> None:
    await rig.log.trim({0: Position(floor)})


def acknowledged(rig: Rig) -> int:
    return rig.ledger.tables.places[NUMBER, 0].floor_ack


@virtual
async def test_what_is_ahead_below_the_floor_expires() -> None:
    rig = Rig()
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.off = {NUMBER}
    await rig.configure(EVERYTHING)
    await rig.append("Seen-2", "Noise-3", "Seen-2")
    await rig.append("Seen-4")
    floor = await raise_floor(rig)
    assert acknowledged(rig) == floor
    assert rig.tallies == {DELIVERED: 1, ("discarded", EXPIRED): 3}
    rig.off = set()
    await trim(rig, floor)
    await rig.configure(EVERYTHING)
    await rig.append("Seen-5")
    await passed()
    assert rig.names == ["Seen-1", "Seen-5"]


@virtual
async def test_what_an_earlier_process_finished_does_not_expire() -> None:
    rig = Rig(slots=3)
    rig.held = {"Seen-1"}
    await rig.start()
    await rig.append("Seen-1", "Seen-2", "Seen-3")
    await passed()
    rig.off = {NUMBER}
    await rig.restart(EVERYTHING)
    await raise_floor(rig)
    assert rig.tallies == {DELIVERED: 2, ("discarded", EXPIRED): 1}


@virtual
async def test_nothing_is_acknowledged_while_something_below_is_under_way() -> None:
    rig = Rig()
    rig.held = {"Seen-1"}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    floor = await raise_floor(rig)
    before = acknowledged(rig)
    rig.answer("Seen-1")
    await passed(6.0)
    assert (before, acknowledged(rig), rig.tallies) == (0, floor, {DELIVERED: 1})


@virtual
async def test_what_waits_for_a_retry_outlives_the_log() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY, BUSY, BUSY, BUSY]}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    await trim(rig, await raise_floor(rig))
    await passed(5.0)  # parked again
    await rig.restart(EVERYTHING)
    await passed(600.0)
    assert rig.names == ["Seen-1"] * 5
    assert rig.tallies == {DELIVERED: 1}


@virtual
async def test_what_is_parked_while_the_ledger_is_stuck_outlives_the_log() -> None:
    """The lane knew that it waited, and the ledger had no row of it to copy the event for."""
    rig = Rig()
    rig.held = {"Seen-1"}
    rig.outcomes = {"Seen-1": [BUSY] * 4}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.ledger.failing = True
    rig.answer("Seen-1", outcome=BUSY)
    await passed()
    rig.held = set()
    await raise_floor(rig)
    rig.ledger.failing = False
    await passed(1.5)
    await trim(rig, acknowledged(rig))
    await rig.restart(EVERYTHING)
    await passed(600.0)
    assert rig.names == ["Seen-1"] * 6
    assert rig.tallies == {DELIVERED: 1}


@virtual
async def test_a_dead_letter_outlives_the_log() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BAD], "Seen-2": [BUSY, BUSY, BUSY, BAD]}
    await rig.start()
    await rig.append("Seen-1", "Seen-2")
    await passed()
    await trim(rig, await raise_floor(rig))
    await passed(600.0)
    assert [letter.record is not None for letter in rig.ledger.tables.dead] == [True, True]


@virtual
async def test_a_letter_that_is_sent_again_while_retention_copies_it_outlives_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was read before its copy was in the ledger, and parked after that without one."""
    rig, waiting = Rig(rejecting_least=100), True
    commit = rig.ledger.commit

    def refusing(tick: Tick) -> None:
        if waiting and tick.records:
            raise LedgerUnavailable("its disk is full")
        commit(tick)

    monkeypatch.setattr(rig.ledger, "commit", refusing)
    rig.outcomes = {"Seen-1": [BAD], "Seen-2": [BAD]}
    await rig.start()
    await rig.append("Seen-1", "Seen-2")
    await passed()
    floor = await raise_floor(rig)
    assert await rig.command("redrive", rate=0.01) == {}
    waiting = False
    await passed(5.0)
    assert rig.result("redrive-1") == {"redriven": 2}
    assert [row.record is not None for row in rig.ledger.tables.parked.values()] == [True]
    await trim(rig, floor)
    await passed(200.0)
    assert rig.tallies == {DELIVERED: 2}


@virtual
async def test_what_an_earlier_process_parked_outlives_the_log() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY] * 4, "Seen-2": [BAD]}
    await rig.start()
    await rig.append("Seen-1", "Seen-2")
    await passed(5.0)
    await rig.restart(EVERYTHING)
    await trim(rig, await raise_floor(rig))
    await passed(600.0)
    assert [letter.record is not None for letter in rig.ledger.tables.dead] == [True]
    assert rig.tallies == {DELIVERED: 1, ("dead_lettered", "http_400"): 1}


@virtual
async def test_a_retry_between_the_announcement_and_the_acknowledgement_is_sent() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    await rig.restart(EVERYTHING)
    await rig.log.raise_floor({0: (await rig.log.heads())[0]})
    await passed(3.0)
    assert rig.names == ["Seen-1", "Seen-1"]
