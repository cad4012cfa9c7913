from __future__ import annotations

import asyncio
from typing import Any

import pytest

from headgate.deliver.retry_policy import Ended, Outcome
from headgate.deliver.sending import is_splittable, of_request
from headgate.deliver.ticks import Result
from headgate.kit import Limits
from tests.simulation.setting import Joined
from tests.unit.deliver.batching import DEAD, DELIVERED, THREES, batching, under_way, users
from tests.unit.deliver.rig import BAD, BUSY, EVERYTHING, OK, OTHER, passed, virtual

ELSEWHERE = Joined(20, OTHER, {"other": frozenset({"Seen"})})
UNFIT = Outcome(Ended.DISCARD, "it does not fit")
SLOWER = Outcome(Ended.RETRY, "slower", 429, 5.0)


# when a batch comes back


@virtual
async def test_retries_of_a_batch_travel_together_again_though_nothing_else_comes() -> None:
    """They were put into a group that nobody ever looked at again."""
    rig = batching()
    rig.batch_outcomes = [BUSY]
    await rig.start()
    await rig.append("Seen-1", "Seen-2@bob")
    await passed(60.0)
    assert rig.requests == [["Seen-1", "Seen-2@bob"]] * 2
    assert rig.tallies == {DELIVERED: 2}


@virtual
async def test_retries_of_one_user_keep_their_order_whatever_is_drawn() -> None:
    rig = batching()
    draws = iter([0.9, 0.1] + [0.5] * 1000)
    rig.draw = lambda: next(draws)
    rig.ordering, rig.held = "per_user", {"Seen-0"}
    await rig.start()
    await under_way(rig, "Seen-0")
    await rig.append("Seen-1", "Seen-2")
    await passed(1.5)
    rig.held, rig.batch_outcomes = set(), [BUSY]
    rig.answer("Seen-0")
    await passed(60.0)
    assert rig.requests[1] == ["Seen-1", "Seen-2"]
    assert rig.names[3:] == ["Seen-1", "Seen-2"]
    assert rig.tallies == {DELIVERED: 3}


@virtual
async def test_only_what_the_destination_did_not_take_is_sent_again() -> None:
    rig = batching()
    one, two, three = users(3)
    rig.outcomes = {two: [BUSY], three: [BAD]}
    await rig.start()
    await rig.append(one, two, three)
    await passed(60.0)
    assert rig.requests == [[one, two, three], [two]]
    assert rig.tallies == {DELIVERED: 2, DEAD: 1}


@virtual
async def test_a_refused_batch_is_halved_until_the_event_at_fault_is_alone() -> None:
    rig = batching()
    rig.batching = THREES | {"batch_size": 8}
    await rig.start()
    await rig.append(*users(8))
    rig.batch_outcomes = [BAD, OK, BAD, BAD, OK, OK]
    await passed(60.0)
    sizes = [[int(each[5]) for each in request] for request in rig.requests]
    assert sizes == [[*range(8)], [0, 1, 2, 3], [4, 5, 6, 7], [4, 5], [4], [5], [6, 7]]
    assert rig.tallies == {DELIVERED: 8}


@virtual
async def test_a_refused_batch_costs_only_the_event_at_fault() -> None:
    rig = batching()
    rig.batching = THREES | {"batch_size": 4}
    await rig.start()
    await rig.append(*users(4))
    rig.batch_outcomes = [BAD, BAD, OK, BAD]
    await passed(60.0)
    assert rig.tallies == {DELIVERED: 3, DEAD: 1}
    assert [letter.message_id for letter in rig.ledger.tables.dead] == ["Seen-1@user1"]


@virtual
async def test_halves_of_one_user_go_one_after_the_other() -> None:
    rig = batching()
    rig.ordering, rig.held = "per_user", {"Seen-0"}
    await rig.start()
    await under_way(rig, "Seen-0")
    await rig.append("Seen-1", "Seen-2")
    await passed(1.5)
    rig.held, rig.batch_outcomes = {"Seen-1"}, [BAD]
    rig.answer("Seen-0")
    await passed(5.0)
    assert rig.requests[1:] == [["Seen-1", "Seen-2"], ["Seen-1"]]
    rig.answer("Seen-1", outcome=BUSY)
    await passed(0.5)
    assert rig.requests[3:] == [], "the later one waits for the retry of the earlier one"
    rig.held = set()
    await passed(10.0)
    assert rig.names[4:] == ["Seen-1", "Seen-2"]


@virtual
async def test_nothing_is_lost_when_a_process_dies_in_the_middle_of_halving() -> None:
    rig = batching()
    await rig.start()
    await rig.append(*users(3))
    rig.batch_outcomes, rig.held = [BAD], {"Seen-0@user0"}
    await passed(1.0)
    rig.held, rig.batch_outcomes = set(), []
    await rig.restart(EVERYTHING)
    await passed(5.0)
    assert rig.requests == [users(3), users(2), users(3)]
    assert rig.tallies == {DELIVERED: 3}


@virtual
async def test_a_refused_batch_of_a_lane_that_ends_does_not_keep_it() -> None:
    rig = batching()
    messages = users(2)
    rig.held = set(messages)
    await rig.start(EVERYTHING, ELSEWHERE)
    await rig.append(*messages)
    await passed(2.0)
    await rig.configure(ELSEWHERE)
    for _ in messages:
        rig.answer(*messages, outcome=BAD)
        await passed()
    assert list(rig.engine.lanes) == [ELSEWHERE.number]
    assert sum(rig.tallies.values()) == 2


@virtual
async def test_a_batch_takes_one_slot_and_one_turn_of_the_rate_also_when_it_is_sent_again() -> None:
    """Each of its retries took a turn, although none of them was a request."""
    rig = batching()
    rig.batch_outcomes = [BUSY]
    await rig.start()
    rig.lane.gate.declare(Limits(slots=None, rate=0.1))
    await rig.append(*users(3))
    await passed(13.0)
    assert rig.requests == [users(3)] * 2


@virtual
async def test_retries_stay_in_the_ledger_until_there_is_a_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After an outage all of them were in memory at once."""
    rig = batching(slots=1)
    rig.batch_outcomes = [BUSY] * 50
    await rig.start()
    await rig.append(*users(150))
    await passed(1.4)
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    await passed(10.0)
    assert len(rig.ledger.tables.parked) > 100
    rig.off, going = set(), asyncio.get_running_loop().create_future()
    batch = rig.batch

    async def hanging(*args: Any) -> object:
        await going
        return await batch(*args)

    monkeypatch.setattr(rig, "batch", hanging)
    await rig.configure(EVERYTHING)
    await passed(10.0)
    assert rig.lane.batches.waiting < 30
    rig.batch_outcomes = []
    going.set_result(None)
    await passed(600.0)
    assert rig.tallies == {DELIVERED: 150}


@virtual
async def test_one_that_stepped_back_and_joined_others_again_is_tried_as_often_as_they() -> None:
    """It was taken for one that waits for an earlier event, and nobody ever woke it."""
    rig = batching()
    rig.batching = THREES | {"batch_size": 4}
    rig.ordering, rig.held = "per_user", {"Seen-0"}
    await rig.start()
    await under_way(rig, "Seen-0")
    await rig.append(*(f"Seen-{n}" for n in range(1, 5)))
    await passed(1.5)
    rig.held, rig.batch_outcomes = set(), [BAD, BUSY]
    rig.outcomes = {"Seen-4": [BUSY]}
    rig.answer("Seen-0")
    await passed(600.0)
    assert rig.requests[1:3] == [[f"Seen-{n}" for n in range(1, 5)], ["Seen-1", "Seen-2"]]
    assert rig.tallies == {DELIVERED: 5}
    assert rig.ledger.tables.parked == {}


@virtual
async def test_a_large_batch_of_one_user_that_failed_goes_in_large_batches_again() -> None:
    """Those behind the first one went one by one, each after a second of its own."""
    rig = batching(unfinished_most=20_000)
    rig.batching = THREES | {"batch_size": 200}
    rig.ordering, rig.held = "per_user", {"Seen-0"}
    await rig.start()
    await under_way(rig, "Seen-0")
    await rig.append(*(f"Seen-{n}" for n in range(1, 201)))
    await passed(1.1)
    rig.batch_outcomes = [BUSY]
    rig.answer("Seen-0")
    await passed(60.0)
    assert rig.tallies == {DELIVERED: 201}
    assert rig.names[201:] == [f"Seen-{n}" for n in range(1, 201)]
    assert len(rig.requests) < 20


# what a request says


def results(*outcomes: tuple[Outcome, bool]) -> list[Result]:
    return [
        Result(None, outcome, 0, 1, 1, "batch", was_sent)  # type: ignore[arg-type]
        for outcome, was_sent in outcomes
    ]


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([OK], OK),
        ([BAD, OK], OK),
        ([BAD, BUSY], BUSY),
        ([OK, BUSY], OK),
        ([OK, SLOWER, BAD], SLOWER),
        ([BAD, BAD], BAD),
    ],
)
def test_a_request_says_of_its_destination_what_weighs_most(
    outcomes: list[Outcome], said: Outcome
) -> None:
    assert of_request(results(*((each, True) for each in outcomes))) == said


def test_what_was_not_sent_says_nothing_of_the_destination() -> None:
    assert of_request(results((UNFIT, False), (BUSY, True))) == BUSY
    assert of_request(results((UNFIT, False), (UNFIT, False))) == UNFIT


@pytest.mark.parametrize(
    ("status", "is_split"),
    [(400, True), (413, True), (422, True), (403, False), (404, False), (500, False), (200, False)],
)
def test_a_batch_is_split_where_one_event_may_be_meant(status: int, *, is_split: bool) -> None:
    outcome = Outcome(Ended.DISCARD if status in range(400, 500) else Ended.RETRY, "no", status)
    assert is_splittable(results((outcome, True), (outcome, True))) is is_split


def test_a_fault_of_code_is_looked_for_in_halves_and_a_mapping_error_is_not() -> None:
    broken = Outcome(Ended.DISCARD, "destination_error: KeyError")
    assert is_splittable(results((broken, True), (broken, True)))
    assert not is_splittable(results((UNFIT, True), (UNFIT, True)))


def test_results_of_their_own_are_not_split() -> None:
    assert not is_splittable(results((BAD, True), (OK, True)))
    assert not is_splittable(results((BAD, True), (UNFIT, False)))
    assert not is_splittable(results((BAD, True)))
