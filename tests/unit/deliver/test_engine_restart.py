from __future__ import annotations

import pytest

from headgate.deliver import feed
from headgate.log.errors import BeyondHead
from headgate.log.port import Position
from tests.unit.deliver.rig import (
    BAD,
    BUSY,
    EVERYTHING,
    OTHER,
    Rig,
    passed,
    virtual,
)

DELIVERED = ("delivered", "")


@virtual
async def test_a_successor_goes_on_where_the_ledger_stands() -> None:
    rig = Rig(slots=2)
    rig.outcomes = {"Seen-1": [BUSY], "Seen-2": [BAD]}
    await rig.start()
    await rig.append("Seen-1", "Seen-2", "Seen-3", "Seen-4", "Seen-5")
    await passed()
    rig.held = {"Seen-6", "Seen-7"}
    await rig.append("Seen-6", "Seen-7", "Seen-8")
    await passed()
    rig.held = set()
    await rig.restart(EVERYTHING)
    await passed(10.0)
    assert rig.names[5:7] == ["Seen-6", "Seen-7"]
    assert sorted(rig.names[7:]) == ["Seen-1", "Seen-6", "Seen-7", "Seen-8"]
    assert rig.tallies == {DELIVERED: 7, ("dead_lettered", "http_400"): 1}


@virtual
async def test_a_ledger_that_is_newer_than_the_log_is_refused_with_the_cure() -> None:
    rig = Rig()
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.kill()
    older = Rig()
    older.ledger = rig.ledger
    older.engine = older._made()
    with pytest.raises(BeyondHead, match="restore a log that is at least as new"):
        await older.engine.start()


@virtual
async def test_an_open_event_that_the_log_has_dropped_ends_without_a_record() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    end = await rig.append("Seen-1")
    await passed()
    rig.kill()
    await rig.log.raise_floor({0: Position(end)})
    await rig.log.trim({0: Position(end)})
    await rig.restart(EVERYTHING)
    await passed(10.0)
    assert rig.names == ["Seen-1"]
    assert rig.tallies == {("discarded", "no_record"): 1}


@virtual
async def test_a_lane_far_behind_catches_up_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "CATCH_UP_BYTES", 300)
    rig = Rig()
    for n in range(20):
        await rig.append(f"Seen-{n}", f"Noise-{n}")
        await rig.append(f"Other-{n}", source=OTHER)
    await rig.start()
    await rig.append("Seen-20")
    await passed()
    assert rig.names == [f"Seen-{n}" for n in range(21)]


@virtual
async def test_a_lane_whose_frames_fell_out_of_the_ring_reads_them_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "RING_BYTES", 500)
    rig = Rig(slots=1)
    rig.held = {"Seen-0"}
    await rig.start()
    for n in range(30):
        await rig.append(f"Seen-{n}")
        await passed(0.001)
    assert rig.engine.feed.begin > rig.lane.frontier
    rig.answer("Seen-0")
    await passed(2.0)
    assert rig.names == [f"Seen-{n}" for n in range(30)]
