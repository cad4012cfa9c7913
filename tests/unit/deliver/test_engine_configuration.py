from __future__ import annotations

from headgate.deliver.claiming import DELETED
from headgate.route import SourceRules
from tests.simulation.setting import Joined
from tests.unit.deliver.rig import (
    BUSY,
    EVERYTHING,
    OTHER,
    SOURCE,
    TWICE,
    Rig,
    passed,
    virtual,
)

DELIVERED = ("delivered", "")


@virtual
async def test_a_connection_that_is_switched_off_keeps_what_it_had_not_sent() -> None:
    """What waited for a slot was discarded, as if its subscription were gone."""
    rig = Rig(slots=1)
    rig.held = {"Paid-1"}
    await rig.start(TWICE)
    await rig.append("Paid-1", "Seen-2")
    await passed()
    rig.off = {TWICE.number}
    await rig.configure(TWICE)
    rig.answer("Paid-1")
    await passed(3600.0)
    assert rig.sent == [("Paid-1", "all")]
    rig.held, rig.off = set(), set()
    await rig.configure(TWICE)
    await passed()
    assert rig.sent == [("Paid-1", "all"), ("Paid-1", "paid"), ("Seen-2", "all")]
    assert rig.tallies == {DELIVERED: 2}


@virtual
async def test_an_attempt_that_had_not_begun_when_its_connection_was_switched_off_waits() -> None:
    rig = Rig(slots=1)
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.lane.due.extend(rig.engine._retries.take(rig.lane.id))
    rig.engine.service.pump(rig.lane)  # started, but its task did not run yet
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    await passed()
    assert (rig.names, rig.lane.gate.in_flight) == (["Seen-1"], 0)
    rig.off = set()
    await rig.configure(EVERYTHING)
    await passed()
    assert (rig.names, rig.tallies) == (["Seen-1", "Seen-1"], {DELIVERED: 1})


@virtual
async def test_retries_that_come_due_while_a_connection_is_off_wait_for_it() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    await passed(3600.0)
    assert rig.names == ["Seen-1"]
    rig.off = set()
    await rig.configure(EVERYTHING)
    await passed()
    assert (rig.names, rig.tallies) == (["Seen-1", "Seen-1"], {DELIVERED: 1})


@virtual
async def test_a_removed_subscription_ends_what_it_owed_and_no_other() -> None:
    rig = Rig(slots=2)
    messages = [f"Paid-{n}" for n in range(9)]
    rig.outcomes = {message: [BUSY, BUSY] for message in messages}
    await rig.start(TWICE)
    await rig.append(*messages)
    await passed(1.0)
    assert len(rig.ledger.tables.parked) == 18
    await rig.configure(EVERYTHING)
    await passed(10.0)
    assert rig.ledger.tables.parked == {}
    assert rig.tallies == {("discarded", "subscription_removed"): 9}
    assert rig.sent.count(("Paid-0", "all")) == 2
    assert rig.sent.count(("Paid-0", "paid")) == 1


@virtual
async def test_what_a_removed_subscription_owed_ends_though_nothing_else_is_sent() -> None:
    """More of it than slots: after the first few nobody went on."""
    rig = Rig(slots=2)
    apart = Joined(10, SOURCE, {"seen": frozenset({"Seen"}), "paid": frozenset({"Paid"})})
    messages = [f"Paid-{n}" for n in range(9)]
    rig.outcomes = {message: [BUSY] for message in messages}
    await rig.start(apart)
    await rig.append(*messages)
    await passed(1.0)
    await rig.configure(apart._replace(wants={"seen": frozenset({"Seen"})}))
    await passed(10.0)
    assert rig.tallies == {("discarded", "subscription_removed"): 9}


@virtual
async def test_a_deleted_connection_closes_everything_at_once_and_its_lane_ends() -> None:
    rig = Rig(slots=1)
    rig.outcomes = {"Paid-1": [BUSY, BUSY], "Seen-2": [BUSY]}
    other = Joined(20, OTHER, {"other": frozenset({"Seen"})})
    await rig.start(TWICE, other)
    await rig.append("Paid-1", "Seen-2")
    await passed()
    rig.held = {"Paid-3"}
    await rig.append("Paid-3", "Seen-4", "Noise-5")
    await rig.append("Seen-6", source=OTHER)
    await passed()
    await rig.configure(other)
    await passed()
    assert rig.ledger.tables.parked == {}
    assert rig.ledger.tables.lanes[TWICE.number].state == "running"
    rig.answer("Paid-3", outcome=BUSY)
    await passed()
    row = rig.ledger.tables.lanes[TWICE.number]
    assert (row.state, row.reason) == ("ended", DELETED)
    assert rig.ledger.tables.opened == {}
    assert rig.tallies == {("discarded", DELETED): 5, DELIVERED: 1}
    assert list(rig.engine.lanes) == [other.number]
    await rig.append("Seen-7")
    await rig.append("Seen-8", source=OTHER)
    await passed(60.0)
    assert rig.names[-1] == "Seen-8"


@virtual
async def test_a_lane_whose_connection_was_deleted_while_nothing_ran_ends_after_the_start() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY]}
    other = Joined(20, OTHER, {"other": frozenset({"Seen"})})
    await rig.start(EVERYTHING, other)
    await rig.append("Seen-1")
    await passed()
    rig.kill()
    await rig.append("Seen-2")
    await rig.restart(other)
    await passed()
    assert rig.ledger.tables.lanes[EVERYTHING.number].state == "ended"
    assert rig.tallies == {("discarded", DELETED): 2}
    await rig.restart(other)
    assert list(rig.engine.lanes) == [other.number]


@virtual
async def test_a_new_lane_begins_at_its_start_with_the_count_of_what_lies_before() -> None:
    rig = Rig()
    end = await rig.append("Seen-1", "Seen-2", "Seen-1")
    await rig.append("Seen-3")
    await rig.engine.start()
    await rig.engine.configure([rig._wanted(EVERYTHING, start=end)])
    await passed()
    (place,) = rig.ledger.tables.places.values()
    assert (place.start, place.base) == (end, 2)
    assert rig.names == ["Seen-3"]


@virtual
async def test_a_lane_that_begins_beyond_what_the_feed_has_read_waits_for_it() -> None:
    rig = Rig()
    await rig.engine.start()
    end = await rig.append("Seen-1", "Seen-2")
    await rig.engine.configure([rig._wanted(EVERYTHING, start=end)])
    await rig.append("Seen-3")
    await passed()
    assert (rig.names, rig.tallies) == (["Seen-3"], {DELIVERED: 1})


@virtual
async def test_a_lane_records_from_where_on_which_snapshot_decides() -> None:
    rig = Rig()
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    await rig.configure(EVERYTHING)
    await passed()
    end = (await rig.log.heads())[0]
    await rig.configure(TWICE)
    await passed()
    switches = rig.ledger.switches(EVERYTHING.number)
    assert [(row.from_position, row.snapshot) for row in switches] == [(0, 2), (end, 4)]


@virtual
async def test_other_rules_of_the_source_are_on_record_as_a_change_of_the_connection_is() -> None:
    """Traces took the older rules, as only the connection was compared."""
    rig = Rig()
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    before = len(rig.ledger.tables.switches)
    prepared = rig._wanted(EVERYTHING)
    assert prepared.prepared is not None
    other = prepared.prepared._replace(rules=SourceRules())
    await rig.engine.configure([prepared._replace(prepared=other)])
    await passed()
    assert len(rig.ledger.tables.switches) == before + 1
