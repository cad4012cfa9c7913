"""The gate under any order of calls: a state machine, and the corners of single members."""

from __future__ import annotations

import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from headgate.deliver.gate import Gate
from headgate.deliver.retry_policy import Blame
from headgate.kit import Limits
from headgate.policy import DeliveryPolicy

POLICY = DeliveryPolicy()
PAUSING = {Blame.GONE, Blame.PAYMENT, Blame.PROXY}
PATIENT = 10_000
"""Steps within which a well destination must have opened everything."""


class Gates(RuleBasedStateMachine):
    """Requests start when the gate admits them, and end in any way, any time later."""

    @initialize(
        slots=st.none() | st.integers(1, 64),
        rate=st.none() | st.floats(0.1, 1000),
        drawn=st.floats(0, 1, exclude_max=True),
    )
    def begin(self, slots: int | None, rate: float | None, drawn: float) -> None:
        self.most = slots or POLICY.slots
        self.gate = Gate(POLICY, lambda: drawn, limits=Limits(slots, rate))
        self.now = 1000.0
        self.under_way: list[tuple[float, bool]] = []
        self.ended = 0
        self.held_until = -math.inf
        self.opened = self.gate.open_clock(self.now)

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.1, 1.0, 5.0, 30.0, 600.0, 90_000.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        opened = self.gate.open_clock(self.now)
        assert self.opened <= opened + 1e-6
        assert opened - self.opened <= seconds + 1e-6
        if not self.gate.is_open:
            assert opened - self.opened <= 1e-6
        self.opened = opened

    @rule(is_retry=st.booleans(), fresh_waits=st.booleans(), most=st.integers(1, 100))
    def start(self, *, is_retry: bool, fresh_waits: bool, most: int) -> None:
        for _ in range(most):
            if not self.gate.admits(self.now, is_retry=is_retry, fresh_waits=fresh_waits):
                break
            assert self.now >= self.held_until
            is_probe = self.gate.take(self.now, is_retry=is_retry)
            assert is_probe is not self.gate.breaker.is_closed
            self.under_way.append((self.now, is_probe))

    @precondition(lambda self: self.ended < len(self.under_way))
    @rule(
        blame=st.sampled_from(list(Blame)),
        after=st.none() | st.floats(0, 1e9),
        count=st.integers(1, 30),
    )
    def end(self, blame: Blame, after: float | None, count: int) -> None:
        """The oldest requests end alike; their slots are still held."""
        for began, is_probe in self.under_way[self.ended :][:count]:
            self.ended += 1
            was_paused = self.gate.paused
            reason = self.gate.ended(
                blame, self.now - began, self.now, after=after, is_probe=is_probe
            )
            assert reason == ("" if was_paused else self.gate.paused)
            assert self.gate.paused or blame not in PAUSING
            if after and blame is not Blame.SUCCESS:
                hold = self.now + min(after, POLICY.retry_after_most_seconds)
                self.held_until = max(self.held_until, hold)
        self.opened = self.gate.open_clock(self.now)

    @precondition(lambda self: self.ended)
    @rule(count=st.integers(1, 64))
    def commit(self, count: int) -> None:
        count = min(count, self.ended)
        del self.under_way[:count]
        self.ended -= count
        for _ in range(count):
            self.gate.give_back()

    @precondition(lambda self: self.gate.paused)
    @rule()
    def resume(self) -> None:
        self.gate.resume(self.now)
        self.opened = self.gate.open_clock(self.now)

    @rule()
    def pause(self) -> None:
        self.gate.pause("operator", self.now)
        self.opened = self.gate.open_clock(self.now)
        assert not self.gate.admits(self.now, is_retry=False, fresh_waits=False)

    @invariant()
    def never_more_than_the_slots(self) -> None:
        assert self.gate.in_flight == len(self.under_way) <= self.most
        assert 1 <= self.gate.slots.limit <= self.most

    @invariant()
    def one_probe_at_most_while_it_is_not_closed(self) -> None:
        probes = sum(is_probe for _, is_probe in self.under_way[self.ended :])
        assert probes <= 1 or self.gate.breaker.is_closed

    @invariant()
    def it_wakes_exactly_when_it_admits(self) -> None:
        wakes = self.gate.wakes_at(self.now)
        admits = self.gate.admits(self.now, is_retry=False, fresh_waits=True)
        assert wakes is None or wakes > self.now, "it would be asked again at once, for ever"
        if wakes is not None and not admits:
            assert self.gate.admits(wakes, is_retry=False, fresh_waits=True)
            before = wakes - 1e-3
            assert before < self.now or not self.gate.admits(
                before, is_retry=False, fresh_waits=True
            )

    def teardown(self) -> None:
        """With successes, everything opens again."""
        if not hasattr(self, "gate"):
            return
        for began, is_probe in self.under_way[self.ended :]:
            self.gate.ended(Blame.SUCCESS, self.now - began, self.now, is_probe=is_probe)
        for _ in self.under_way:
            self.gate.give_back()
        if self.gate.paused:
            self.gate.resume(self.now)
        for _ in range(PATIENT):
            if self.gate.is_open and self.gate.slots.limit == self.most:
                return
            self._succeed()
        raise AssertionError(f"still {self.gate.slots.limit} of {self.most} slots")

    def _succeed(self) -> None:
        """One round: as many as may be under way at once, each quick and well."""
        taken: list[bool] = []
        while len(taken) < self.gate.slots.limit and not any(taken):
            if not self.gate.admits(self.now, is_retry=False, fresh_waits=True):
                wakes = self.gate.wakes_at(self.now)
                assert wakes is not None, "it waits for a result, and has slots"
                self.now = wakes
            taken.append(self.gate.take(self.now, is_retry=False))
        self.now += 0.01
        for is_probe in taken:
            self.gate.ended(Blame.SUCCESS, 0.01, self.now, is_probe=is_probe)
        for _ in taken:
            self.gate.give_back()


TestGates = Gates.TestCase
TestGates.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def made(**numbers: float) -> Gate:
    return Gate(DeliveryPolicy.model_validate(numbers), lambda: 0.0)


def fail(gate: Gate, blame: Blame, now: float, count: int = 1) -> list[str]:
    """So many results without a slot being waited for; the reasons they gave."""
    return [gate.ended(blame, 0.1, now) for _ in range(count)]


def broken(now: float = 100.0) -> Gate:
    gate = made()
    fail(gate, Blame.FAILURE, now, 10)
    assert not gate.is_open
    return gate


def probe(gate: Gate, now: float, blame: Blame, after: float | None = None) -> None:
    assert gate.admits(now, is_retry=True, fresh_waits=True)
    assert gate.take(now, is_retry=True)
    assert not gate.admits(now, is_retry=False, fresh_waits=False)
    gate.ended(blame, 0.1, now, after=after, is_probe=True)
    gate.give_back()


def test_ten_failures_in_a_row_open_the_breaker_and_nine_do_not() -> None:
    gate = made()
    fail(gate, Blame.FAILURE, 100.0, 9)
    assert gate.admits(100.0, is_retry=False, fresh_waits=True)
    fail(gate, Blame.FAILURE, 100.0)
    assert not gate.is_open
    assert gate.wakes_at(100.0) == 105.0


def test_a_success_between_ends_the_row() -> None:
    gate = made()
    for _ in range(2):
        fail(gate, Blame.FAILURE, 100.0, 9)
        gate.ended(Blame.SUCCESS, 0.1, 100.0)
    assert gate.breaker.is_closed


@pytest.mark.parametrize(("waited", "is_open"), [(1.0, False), (31.0, True)])
def test_what_failed_long_ago_is_no_share_of_now(waited: float, *, is_open: bool) -> None:
    gate = made()
    fail(gate, Blame.FAILURE, 100.0, 9)
    for _ in range(9):
        gate.ended(Blame.SUCCESS, 0.1, 100.0 + waited)
    fail(gate, Blame.FAILURE, 100.0 + waited, 5)
    assert gate.is_open is is_open


def test_each_failed_probe_doubles_the_open_time_up_to_five_minutes() -> None:
    gate, at, waits = broken(), 100.0, []
    for _ in range(8):
        wakes = gate.wakes_at(at)
        assert wakes is not None
        waits.append(wakes - at)
        at = wakes
        probe(gate, at, Blame.FAILURE)
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]


def test_the_open_time_is_jittered_and_never_shorter() -> None:
    ends = []
    for drawn in (0.0, 0.5, 0.999):
        gate = Gate(POLICY, [drawn].pop)
        fail(gate, Blame.FAILURE, 100.0, 10)
        ends.append(gate.wakes_at(100.0) or 0.0)
    assert ends[0] == 105.0
    assert ends == sorted(set(ends))


def test_three_probes_that_succeed_close_it_and_two_do_not() -> None:
    gate = broken()
    for closed in (False, False, True):
        probe(gate, 105.0, Blame.SUCCESS)
        assert gate.is_open is closed
    assert gate.slots.limit == 1


@pytest.mark.parametrize(
    "blame", [Blame.NEUTRAL, Blame.UNASKED, Blame.MISSING, Blame.MOVED, Blame.REFUSED]
)
def test_a_probe_that_blames_the_event_lets_the_next_one_probe_at_once(blame: Blame) -> None:
    gate = broken()
    probe(gate, 105.0, blame)
    probe(gate, 105.0, Blame.SUCCESS)


def test_a_probe_that_is_told_to_wait_waits_as_asked() -> None:
    gate = broken()
    probe(gate, 105.0, Blame.SLOW_DOWN, after=60.0)
    assert gate.wakes_at(105.0) == 165.0
    unsaid = broken()
    probe(unsaid, 105.0, Blame.SLOW_DOWN)
    assert unsaid.wakes_at(105.0) == 110.0, "as long as it was open, not twice as long"


def test_slowing_down_never_opens_the_breaker() -> None:
    gate = made()
    fail(gate, Blame.SLOW_DOWN, 100.0, 1000)
    assert gate.is_open


def test_what_began_before_the_breaker_opened_changes_it_no_more() -> None:
    gate = broken()
    gate.ended(Blame.SUCCESS, 0.1, 101.0)
    fail(gate, Blame.FAILURE, 102.0, 30)
    assert gate.wakes_at(102.0) == 105.0
    assert gate.succeeded_at == 101.0


def test_a_probe_that_was_never_sent_does_not_shut_the_gate_for_ever() -> None:
    gate = broken()
    assert gate.take(105.0, is_retry=False)
    gate.give_back()
    assert gate.admits(105.0, is_retry=False, fresh_waits=False)


def test_the_open_clock_stands_still_while_the_gate_is_shut() -> None:
    gate = made()
    assert gate.open_clock(100.0) == 0
    assert gate.open_clock(110.0) == 10
    fail(gate, Blame.FAILURE, 120.0, 10)
    assert gate.open_clock(125.0) == 20
    for _ in range(3):
        probe(gate, 130.0, Blame.SUCCESS)
    assert gate.open_clock(131.0) == 21
    gate.pause("operator", 132.0)
    assert gate.open_clock(500.0) == 22
    gate.resume()
    assert gate.open_clock(600.0) == 22
    assert gate.open_clock(601.0) == 23


def test_overload_shrinks_the_slots_once_for_all_that_were_under_way() -> None:
    gate = made()
    for _ in range(3000):
        gate.in_flight = gate.slots.limit
        gate.ended(Blame.SUCCESS, 0.01, 100.0)
    assert gate.slots.limit == 64
    for _ in range(64):
        gate.ended(Blame.SLOW_DOWN, 0.5, 101.0)
    assert gate.slots.limit == 44
    gate.ended(Blame.OVERLOADED, 0.5, 102.0)
    assert gate.slots.limit == 31
    gate.ended(Blame.FAILURE, 0.5, 103.0)
    assert gate.slots.limit == 31


def test_retries_get_a_fifth_while_new_events_wait() -> None:
    gate, begun = made(slots_start=64), {True: 0, False: 0}
    for each in range(20_000):
        now, is_retry = 100 + each / 1000, each % 2 == 0
        if gate.admits(now, is_retry=is_retry, fresh_waits=True):
            gate.take(now, is_retry=is_retry)
            gate.give_back()
            begun[is_retry] += 1
    assert 0.15 <= begun[True] / sum(begun.values()) <= 0.21


def test_retries_get_three_a_second_whatever_else() -> None:
    gate = made()
    taken = 0
    for each in range(6000):
        now = 100 + each / 100
        if gate.admits(now, is_retry=True, fresh_waits=True):
            gate.take(now, is_retry=True)
            gate.give_back()
            taken += 1
    assert 3 * 60 <= taken <= 3 * 60 + 33


def test_retries_have_no_budget_when_nothing_new_waits() -> None:
    gate = made()
    for _ in range(1000):
        assert gate.admits(100.0, is_retry=True, fresh_waits=False)
        gate.take(100.0, is_retry=True)
        gate.give_back()


def test_a_retry_that_is_over_its_budget_is_asked_again_within_a_second() -> None:
    gate = made()
    while gate.admits(100.0, is_retry=True, fresh_waits=True):
        gate.take(100.0, is_retry=True)
        gate.give_back()
    assert gate.wakes_at(100.0) == 101.0


def test_limits_may_be_declared_and_lifted_later() -> None:
    gate = made()
    assert (gate.slots.limit, gate.rate) == (4, None)
    gate.declare(Limits(slots=1, rate=5.0))
    assert (gate.slots.limit, gate.slots.most, gate.rate) == (1, 1, 5.0)
    gate.declare(None)
    assert (gate.slots.limit, gate.slots.most, gate.rate) == (1, 64, None)
