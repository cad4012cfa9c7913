from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.order import Order
from tests.unit.deliver.ordering import HOLD, entered, owed

if TYPE_CHECKING:
    from headgate.deliver.owed import Owed

# travelling together


def together(order: Order, count: int) -> list[Owed]:
    """So many events of a user, all of them in front, as they travel in one batch."""
    events = entered(order, count)
    for each in events[1:]:
        assert order.follower(events[0]) is each
        order.joins(each)
    return events


def test_those_who_travel_together_are_all_in_front() -> None:
    order = Order("per_user", HOLD)
    first, second = together(order, 2)
    after = owed(2)
    assert not order.enter(after)
    assert order.closes(first) is None
    assert order.closes(second) is after


def test_one_that_travels_with_an_earlier_one_passes_it_when_both_fail_after_the_hold() -> None:
    order = Order("per_user", HOLD)
    first, second = entered(order, 2)
    order.fails(first, 0.0)
    order.joins(second)
    assert list(order.expire(HOLD)) == []
    assert order.counters["passed"] == 0, "they are still under way in one batch"
    for each in (first, second):
        assert not order.steps_back(each), "nobody waits for the first any more"
        order.fails(each, HOLD)
    assert order.counters["passed"] == 1


def test_one_that_travels_with_an_earlier_one_goes_behind_it_when_both_fail_in_time() -> None:
    order = Order("per_user", HOLD)
    first, second = entered(order, 2)
    order.fails(first, 0.0)
    order.joins(second)
    order.fails(first, HOLD / 2)
    assert order.steps_back(second)
    assert order.closes(first) is second
    assert order.counters["passed"] == 0


def test_one_that_passed_and_fails_again_and_again_is_counted_once() -> None:
    order = Order("per_user", HOLD)
    first, second = entered(order, 2)
    order.fails(first, 0.0)
    assert list(order.expire(HOLD)) == [second]
    order.fails(second, HOLD)
    order.fails(second, HOLD + 1)
    assert order.counters["passed"] == 1


def test_one_that_waits_for_nobody_here_has_no_follower() -> None:
    order = Order("per_user", HOLD)
    entered(order, 2)
    assert order.follower(owed(9, "bob")) is None
    assert order.follower(owed(9)) is None


def half_failed(order: Order) -> list[Owed]:
    """Of four in a batch that was split, the first two failed before the others went out."""
    events = together(order, 4)
    order.fails(events[0], 0.0)
    assert order.steps_back(events[1])
    return events


def test_one_that_went_back_goes_before_the_second_half_when_the_first_is_passed() -> None:
    order = Order("per_user", HOLD)
    _, second, third, fourth = half_failed(order)
    assert list(order.expire(HOLD)) == [second]
    half = frozenset({third.position, fourth.position})
    assert not order.is_free("ann", half)
    assert order.steps_back(fourth, half)
    assert order.steps_back(third, half)
    assert order.closes(second) is third
    assert order.closes(third) is fourth


def test_one_that_went_back_goes_before_the_second_half_when_the_first_is_over() -> None:
    order = Order("per_user", HOLD)
    first, second, *half = half_failed(order)
    assert order.closes(first) is second
    assert not order.is_free("ann", frozenset(each.position for each in half))
    assert order.counters["passed"] == 0


def test_one_that_joined_another_batch_goes_behind_those_that_went_back_meanwhile() -> None:
    order = Order("per_user", HOLD)
    first, second, third = together(order, 3)
    assert order.steps_back(second, frozenset({second.position}))
    batch = frozenset({first.position, third.position})
    assert not order.is_free("ann", batch)
    assert not order.steps_back(first, batch)
    assert order.steps_back(third, batch)
    assert order.closes(first) is second


# taking over


def test_taken_over_events_stand_in_front_again_and_those_that_waited_wait() -> None:
    order = Order("strict", HOLD)
    first, second = owed(0), owed(1)
    assert not order.restore(first, 0.0, waits=False)
    assert order.restore(second, 0.0, waits=True)
    assert order.closes(first) is second


def test_one_that_waited_for_an_event_that_is_over_waits_no_longer() -> None:
    order = Order("strict", HOLD)
    assert not order.restore(owed(1), 0.0, waits=True)
    assert not order.enter(owed(2))


def test_one_that_was_under_way_and_did_not_fail_is_not_passed_after_a_restart() -> None:
    order = Order("per_user", HOLD)
    first, after = owed(0), owed(1)
    order.restore(first, 0.0, waits=False)
    assert not order.enter(after)
    assert list(order.expire(1e9)) == []
    assert order.closes(first) is after


def test_one_that_failed_is_passed_after_a_restart_and_the_hold() -> None:
    order = Order("per_user", HOLD)
    first, after = owed(0), owed(1)
    first.parked.add("all")
    order.restore(first, 0.0, waits=False)
    assert not order.enter(after)
    assert list(order.expire(HOLD)) == [after]


def test_those_that_were_under_way_together_are_all_in_front_again() -> None:
    order = Order("per_user", HOLD)
    first, second, after = owed(0), owed(1), owed(2)
    order.restore(first, 0.0, waits=False)
    order.restore(second, 0.0, waits=False)
    assert not order.enter(after)
    assert order.closes(second) is None
    assert order.closes(first) is after
