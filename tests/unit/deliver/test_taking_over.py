from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from headgate.deliver.claiming import QUARANTINED, WAITS
from headgate.deliver.gate import Gate
from headgate.deliver.taking_over import taken_over
from headgate.ledger.port import Held, LaneRow, OpenRow, ParkedRow, PlaceRow
from headgate.policy import DeliveryPolicy
from tests.simulation.setting import Joined
from tests.unit.deliver.rig import BUSY, EVERYTHING, OK, OTHER, TWICE, Rig, passed, virtual

if TYPE_CHECKING:
    from headgate.deliver.lane import Lane

DELIVERED = ("delivered", "")
NUMBER = EVERYTHING.number
ELSEWHERE = Joined(20, OTHER, {"other": frozenset({"Seen"})})


def taken(*rows: LaneRow, opened: list[OpenRow] | None = None, parked: Any = ()) -> list[Lane]:
    gates: dict[int, Gate] = {}

    def gate(number: int) -> Gate:
        return gates.setdefault(number, Gate(DeliveryPolicy(), lambda: 0.5))

    places = [PlaceRow(row.lane, 0, 0, 0, None, 100, b"") for row in rows]
    return list(taken_over(Held(rows, places, opened or [], parked), gate, DeliveryPolicy()))


def parked(position: int, subscription: str, reason: str = "http_503") -> ParkedRow:
    return ParkedRow(1, 0, position, subscription, "ann", 2000, 1000, 3, 503, reason)


LIVE = LaneRow(1, 1, "ws", 1, 7)


# what stands in the ledger


def test_a_lane_goes_on_with_its_place_and_what_is_open() -> None:
    (lane,) = taken(
        LIVE,
        opened=[OpenRow(1, 0, 7, ("done",), ("late", "now"), "discarded", "removed")],
        parked=[parked(7, "late")],
    )
    owed = lane.owed(7)
    assert (lane.frontier, lane.parked, owed.key, owed.done) == (100, 1, "ann", ["done"])
    assert (owed.worst, owed.reason) == ("discarded", "removed")
    assert [each.subscription for each in lane.due] == ["now"], "the parked one waits for its time"


def test_lanes_that_have_ended_are_left_alone() -> None:
    assert taken(LIVE._replace(state="ended")) == []


def test_what_paused_a_connection_goes_on_pausing_all_its_lanes() -> None:
    paused = LIVE._replace(state="paused", reason="auth_failed")
    replay = LIVE._replace(lane=99, kind="replay", state="paused", reason="auth_failed")
    live, other = taken(paused, replay)
    assert live.gate is other.gate
    assert (live.gate.paused, other.stopped) == ("auth_failed", "")


def test_a_replay_that_was_paused_by_itself_pauses_no_other() -> None:
    replay = LIVE._replace(lane=99, kind="replay", state="paused", reason="replay_paused")
    live, other = taken(LIVE, replay)
    assert (live.gate.paused, other.stopped) == ("", "replay_paused")


# what was under way


async def left_open(rig: Rig) -> None:
    """`Paid-1` was delivered to one subscription when the process died; the other was on its way.

    Before it dies, its lane has `Seen-2` of the same user in line.
    """
    rig.held = {"Paid-1"}
    await rig.start(TWICE)
    await rig.append("Paid-1", "Seen-2")
    await passed()
    rig.answer("Paid-1")
    await passed(0.006)
    assert [row.left for row in rig.ledger.tables.opened.values()] == [("paid",)]
    rig.held = set()


@virtual
async def test_what_is_open_stands_in_front_of_later_events_of_its_user_again() -> None:
    """Its row said nothing of whose it is, and the later event went first."""
    rig = Rig(slots=1)
    rig.ordering = "per_user"
    await left_open(rig)
    rig.outcomes = {"Paid-1": [BUSY]}
    begun = len(rig.sent)
    rig.policy = rig.policy.model_copy(update={"slots": 4, "slots_start": 4})
    await rig.restart(TWICE)
    await passed(1.0)
    waiting = rig.sent[begun:]
    await passed(10.0)
    assert waiting == [("Paid-1", "paid")]
    assert rig.sent[begun + 1 :] == [("Paid-1", "paid"), ("Seen-2", "all")]
    assert rig.tallies == {DELIVERED: 2}


@virtual
async def test_what_is_open_in_a_connection_that_is_off_keeps_no_segment() -> None:
    """It was neither sent nor given up, and so the log could never be trimmed."""
    rig = Rig(slots=1)
    await left_open(rig)
    rig.off = {NUMBER}
    await rig.restart(TWICE)
    floor = (await rig.log.heads())[0]
    await rig.log.raise_floor({0: floor})
    await passed(20.0)
    assert rig.ledger.tables.places[NUMBER, 0].floor_ack == floor
    assert rig.tallies == {("discarded", "expired"): 2}


@virtual
async def test_an_open_event_of_which_processes_died_is_given_up_untouched() -> None:
    """It was sent again by each successor, which died of it."""
    rig = Rig(slots=1)
    await left_open(rig)
    begun = len(rig.sent)
    rig.quarantined = frozenset((NUMBER, position) for _, _, position in rig.ledger.tables.opened)
    await rig.restart(TWICE)
    await passed(60.0)
    assert rig.sent[begun:] == [("Seen-2", "all")]
    assert [letter.reason for letter in rig.ledger.tables.dead] == [QUARANTINED]
    assert rig.tallies == {DELIVERED: 1, ("dead_lettered", QUARANTINED): 1}


@virtual
async def test_an_event_that_was_not_claimed_yet_is_given_up_untouched_just_so() -> None:
    rig = Rig()
    await rig.start(TWICE)
    rig.off = {NUMBER}
    await rig.configure(TWICE)
    end = await rig.append("Paid-1", "Seen-2")
    rig.quarantined, rig.off = frozenset({(NUMBER, end - 2)}), set()
    await rig.restart(TWICE)
    await passed(1.0)
    assert rig.sent == [("Seen-2", "all")]
    assert rig.tallies == {DELIVERED: 1, ("dead_lettered", QUARANTINED): 1}


# what waited for its turn


async def shelved(rig: Rig) -> None:
    """`Seen-0` fails, and later events of its user left memory to wait for it."""
    rig.ordering = "strict"
    rig.outcomes = {"Seen-0": [BUSY, BUSY]}
    await rig.start(TWICE, ELSEWHERE)
    await rig.append("Seen-0", "Paid-1", "Seen-2", "Seen-3", "Seen-4")
    await passed(0.5)
    reasons = [row.reason for row in rig.ledger.tables.parked.values()]
    assert reasons.count(WAITS) >= 3


@virtual
async def test_those_who_wait_for_an_earlier_event_wait_on() -> None:
    rig = Rig(unfinished_most=2)
    await shelved(rig)
    await rig.restart(TWICE, ELSEWHERE)
    await passed(1.0)
    before = len(rig.sent)
    await passed(60.0)
    assert (before, rig.names[1]) == (1, "Seen-0")
    assert rig.names[2:] == ["Seen-0", "Paid-1", "Paid-1", "Seen-2", "Seen-3", "Seen-4"]
    assert rig.tallies == {DELIVERED: 5}


@virtual
async def test_those_who_wait_for_an_event_that_was_under_way_wait_on() -> None:
    """It had no row yet, and they went before it was claimed again."""
    rig = Rig(unfinished_most=2)
    rig.ordering, rig.held = "strict", {"Seen-0"}
    await rig.start()
    await rig.append(*(f"Seen-{n}" for n in range(6)))
    await passed(1.0)
    begun = len(rig.sent)
    await rig.restart(EVERYTHING)
    await passed(1.0)
    before = rig.names[begun:]
    rig.answer("Seen-0")
    await passed(1.0)
    assert (before, rig.names[begun:]) == (["Seen-0"], [f"Seen-{n}" for n in range(6)])


@virtual
async def test_those_who_wait_end_with_their_connection() -> None:
    """No queue had them yet: their lane never ended."""
    rig = Rig(unfinished_most=2)
    await shelved(rig)
    await rig.restart(ELSEWHERE)
    await passed(60.0)
    assert list(rig.engine.lanes) == [ELSEWHERE.number]
    assert (rig.ledger.tables.parked, rig.ledger.tables.opened) == ({}, {})
    assert rig.tallies == {("discarded", "connection_deleted"): 5}


@virtual
async def test_those_who_wait_for_an_earlier_event_outlive_the_log_in_their_order() -> None:
    rig = Rig(unfinished_most=2)
    await shelved(rig)
    rig.outcomes = {"Seen-0": [BUSY] * 4}
    floor = (await rig.log.heads())[0]
    await rig.log.raise_floor({0: floor})
    await passed(6.0)
    await rig.log.trim({0: floor})
    before = set(rig.names)
    await passed(600.0)
    later = [name for name in rig.names if name != "Seen-0"]
    assert (before, later) == ({"Seen-0"}, sorted(later))
    assert rig.tallies[DELIVERED] + rig.tallies["discarded", "expired"] == 5
    assert rig.ledger.tables.parked == {}


@virtual
async def test_one_of_two_deliveries_that_failed_already_is_not_sent_twice() -> None:
    """It waited for its time and for its turn: the second of them found nothing left."""
    rig = Rig(unfinished_most=2, slots=2)
    await shelved(rig)
    attempt, going = rig.attempt, asyncio.get_running_loop().create_future()

    async def half(delivery: Any, prepared: Any) -> Any:
        if delivery.event.record.message_id == "Paid-1":
            rig.outcomes["Paid-1"] = [BUSY if delivery.subscription == "all" else OK]
            if delivery.subscription == "paid":
                await going
        return await attempt(delivery, prepared)

    rig.attempt = half  # type: ignore[method-assign]
    rig.outcomes["Seen-0"] = [BUSY]
    await passed(12.0)
    rows = {row.subscription: row.reason for row in rig.ledger.tables.parked.values()}
    rig.attempt, rig.outcomes = attempt, {}  # type: ignore[method-assign]
    begun = len(rig.sent)
    await rig.restart(TWICE, ELSEWHERE)
    await passed(100.0)
    assert {"all", "paid"} <= set(rows)
    assert not rig.engine.broken.done()
    assert rig.sent[begun:].count(("Paid-1", "all")) == 1
    assert rig.tallies == {DELIVERED: 5}
