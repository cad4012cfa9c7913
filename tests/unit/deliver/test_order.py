from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.deliver.order import Order
from tests.unit.deliver.ordering import HOLD, entered, owed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.deliver.order import Ordering
    from headgate.deliver.owed import Owed

# one after the other


def test_an_event_waits_for_the_earlier_one_of_its_user_and_for_no_other() -> None:
    order = Order("per_user", HOLD)
    first, second = owed(0), owed(1)
    assert [order.enter(first), order.enter(second), order.enter(owed(2, "bob"))] == [
        True,
        False,
        True,
    ]
    assert order.closes(first) is second
    assert order.closes(second) is None
    assert order.enter(owed(3))


def test_nobody_waits_for_events_of_nobody() -> None:
    order = Order("strict", HOLD)
    assert all(order.enter(owed(position, "")) for position in range(3))


def test_without_order_nobody_waits() -> None:
    order = Order("none", HOLD)
    assert all(order.enter(owed(position)) for position in range(3))


def test_an_event_that_was_passed_lets_nobody_when_it_closes_at_last() -> None:
    order = Order("per_user", HOLD)
    first, second, third = entered(order, 3)
    order.fails(first, 0.0)
    assert list(order.expire(HOLD)) == [second]
    assert order.closes(first) is None
    assert order.closes(second) is third


# the hold


def test_a_failed_event_is_passed_after_the_hold_and_that_is_counted() -> None:
    order = Order("per_user", HOLD)
    first, second, third = entered(order, 3)
    order.fails(first, 100.0)
    before = list(order.expire(100.0 + HOLD - 0.001))
    assert (before, order.counters["passed"]) == ([], 0)
    assert list(order.expire(100.0 + HOLD)) == [second]
    assert order.counters["passed"] == 1
    assert list(order.expire(1e9)) == []
    assert order.closes(second) is third


def test_an_event_that_did_not_fail_is_never_passed() -> None:
    order = Order("per_user", HOLD)
    entered(order, 2)
    assert list(order.expire(1e9)) == []
    assert not order.holds


def test_the_hold_is_counted_from_the_first_failure() -> None:
    order = Order("per_user", HOLD)
    first, second = entered(order, 2)
    for clock in (0.0, 10.0, 20.0):
        order.fails(first, clock)
    assert list(order.expire(HOLD)) == [second]


def test_a_hold_of_one_that_closed_in_time_means_nothing_for_those_behind() -> None:
    order = Order("per_user", HOLD)
    first, second, _ = entered(order, 3)
    order.fails(first, 0.0)
    assert order.closes(first) is second
    assert list(order.expire(1e9)) == []
    assert order.counters["passed"] == 0


def test_in_strict_order_nobody_passes() -> None:
    order = Order("strict", HOLD)
    first, second = entered(order, 2)
    order.fails(first, 0.0)
    assert list(order.expire(1e9)) == []
    assert order.pass_oldest() == []
    assert order.closes(first) is second


def test_where_there_is_no_room_the_oldest_pass_before_the_time() -> None:
    order = Order("per_user", HOLD)
    ann, bob = entered(order, 2), entered(order, 2, "bob")
    order.fails(bob[0], 0.0)
    order.fails(ann[0], 1.0)
    assert [order.pass_oldest(), order.pass_oldest(), order.pass_oldest()] == [
        [bob[1]],
        [ann[1]],
        [],
    ]
    assert order.counters["passed"] == 2


# leaving


def test_one_that_waits_may_leave_and_the_others_keep_their_places() -> None:
    order = Order("per_user", HOLD)
    first, second, third = entered(order, 3)
    order.leaves(second)
    assert list(order.waiters()) == [third]
    order.leaves(third)
    assert not order.is_awaited
    assert order.closes(first) is None


def test_one_that_comes_back_for_another_attempt_stays_in_front() -> None:
    order = Order("per_user", HOLD)
    first, _ = entered(order, 2)
    order.fails(first, 0.0)
    assert not order.enter(owed(2))
    assert [each.position for each in order.waiters()] == [1, 2]


# another order


def test_when_order_is_given_up_everybody_may_go() -> None:
    order = Order("per_user", HOLD)
    waiting = entered(order, 3)[1:] + entered(order, 2, "bob")[1:]
    assert order.change("none", 0.0) == waiting
    assert order.enter(owed(9))
    assert not order.is_awaited


def test_a_hold_does_not_outlive_a_change_to_strict_order() -> None:
    order = Order("per_user", HOLD)
    first, second = entered(order, 2)
    order.fails(first, 0.0)
    assert order.change("strict", 1.0) == []
    assert list(order.expire(1e9)) == []
    assert order.closes(first) is second


def test_what_failed_in_strict_order_is_held_no_longer_than_others_after_it() -> None:
    order = Order("strict", HOLD)
    first, second = entered(order, 2)
    first.parked.add("all")
    order.fails(first, 0.0)
    order.change("per_user", 50.0)
    assert list(order.expire(50.0 + HOLD)) == [second]


def test_the_same_order_again_changes_no_hold() -> None:
    order = Order("per_user", HOLD)
    first, second = entered(order, 2)
    order.fails(first, 0.0)
    order.change("per_user", 29.0)
    assert list(order.expire(HOLD)) == [second]


# whatever happens

STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "fail", "close", "wait", "room"]), st.integers(0, 1 << 20)),
    max_size=80,
)
KEYS = ("ann", "bob", "")


class Watched:
    """An order, and what was seen of it: who was let when, and who stood in front then."""

    def __init__(self, ordering: Ordering) -> None:
        self.order = Order(ordering, HOLD)
        self.clock = 0.0
        self.unfinished: list[Owed] = []
        self.let: list[Owed] = []
        self.failed: dict[int, float] = {}
        self.entered = 0
        self.passing = 0

    def do(self, step: str, n: int) -> None:
        sent = [each for each in self.unfinished if each in self.let]
        if step == "enter":
            self._enter(KEYS[n % len(KEYS)])
        elif step == "wait":
            self.clock += n % 40
            self._passed(self.order.expire(self.clock), HOLD)
        elif step == "room":
            self._passed(self.order.pass_oldest(), 0.0)
        elif sent:
            self._end(sent[n % len(sent)], step)

    def _enter(self, key: str) -> None:
        each = owed(self.entered, key)
        self.entered += 1
        self.unfinished.append(each)
        if self.order.enter(each):
            self._let(each)

    def _end(self, each: Owed, step: str) -> None:
        if step == "fail":
            self.failed.setdefault(each.position, self.clock)
            self.order.fails(each, self.clock)
            return
        self.unfinished.remove(each)
        follower = self.order.closes(each)
        if follower is not None:
            self._let(follower)

    def _passed(self, let: Iterable[Owed], hold: float) -> None:
        for each in let:
            ahead = [one for one in self._ahead(each) if one in self.let]
            assert all(self.clock - self.failed[one.position] >= hold for one in ahead)
            self._let(each)

    def _let(self, each: Owed) -> None:
        assert each not in self.let, "sent twice"
        for one in self._ahead(each):
            assert one in self.let, "an earlier one of the same user was not even sent"
            assert one.position in self.failed, "an earlier one that did not fail was overtaken"
            assert self.order.ordering == "per_user"
        self.let.append(each)
        self.passing += bool(self._ahead(each))

    def _ahead(self, each: Owed) -> list[Owed]:
        """Unfinished earlier events of the same user."""
        if not each.key:
            return []
        mates = [one for one in self.unfinished if one.key == each.key]
        return [one for one in mates if one.position < each.position]


@given(STEPS, st.sampled_from(["per_user", "strict"]))
def test_no_event_overtakes_an_unfinished_one_but_after_the_hold_and_that_is_counted(
    steps: list[tuple[str, int]], ordering: Any
) -> None:
    watched = Watched(ordering)
    for step in steps:
        watched.do(*step)
    assert watched.order.counters["passed"] == watched.passing


@given(STEPS, st.sampled_from(["per_user", "strict", "none"]))
def test_everybody_is_let_in_the_end(steps: list[tuple[str, int]], ordering: Any) -> None:
    watched = Watched(ordering)
    if ordering != "none":
        for step in steps:
            watched.do(*step)
    while sent := [each for each in watched.unfinished if each in watched.let]:
        watched._end(sent[0], "close")
    assert watched.unfinished == []
    assert not watched.order.is_awaited


@given(STEPS)
def test_one_that_fails_for_ever_keeps_nobody_for_longer_than_the_hold(
    steps: list[tuple[str, int]],
) -> None:
    watched = Watched("per_user")
    for step in steps:
        watched.do(*step)
    for _ in range(watched.entered):
        for each in [one for one in watched.unfinished if one in watched.let]:
            watched._end(each, "fail")
        watched.do("wait", 39)
    assert [each for each in watched.unfinished if each not in watched.let] == []


def test_without_the_hold_the_watch_finds_out_who_overtook() -> None:
    """The control: an order that lets everybody at once is found out."""
    watched = Watched("per_user")
    watched.order.ordering = "none"
    watched._enter("ann")
    with pytest.raises(AssertionError, match="overtaken"):
        watched._enter("ann")


def test_one_user_with_too_many_waiting_events_passes_itself() -> None:
    order = Order("per_user", HOLD, 3)
    events = [owed(n) for n in range(6)]
    entered = [order.enter(each) for each in events]
    assert entered == [True, *[False] * 5]
    assert (order.relieve(events[0].key), order.counters["passed"]) == (events[1], 1)
    assert (order.relieve(events[0].key), order.relieve(events[0].key)) == (events[2], None)
    assert [order.closes(each) for each in events[:3]] == [None, None, events[3]]


def test_in_strict_order_nobody_passes_however_many_wait() -> None:
    order = Order("strict", HOLD, 1)
    events = [owed(n) for n in range(9)]
    for each in events:
        order.enter(each)
    assert order.relieve(events[0].key) is None
