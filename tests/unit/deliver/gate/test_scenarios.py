"""Destinations that fail in one way or another, against the gate alone, by the hour."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from headgate.deliver.retry_policy import Blame
from headgate.kit import Limits
from headgate.policy import DeliveryPolicy
from tests.unit.deliver.gate.upstream import Answer, Upstream, share

OK, BROKEN = Answer(Blame.SUCCESS), Answer(Blame.FAILURE)
SLOW_DOWN = Answer(Blame.SLOW_DOWN)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


class Limited:
    """Takes `limit` requests in each second, and answers 429 to all others."""

    def __init__(self, limit: int, seconds: float, after: float | None = None) -> None:
        self.limit, self._seconds, self._after = limit, seconds, after
        self._taken: Counter[int] = Counter()

    def __call__(self, now: float) -> Answer:
        self._taken[int(now)] += 1
        if self._taken[int(now)] > self.limit:
            return Answer(Blame.SLOW_DOWN, self._seconds, self._after)
        return Answer(Blame.SUCCESS, self._seconds)


class InTurn:
    """Of each hundred requests `bad` fail, spread evenly."""

    def __init__(self, bad: int) -> None:
        self._bad, self._sum = bad, 0

    def __call__(self, _: float) -> Answer:
        self._sum += self._bad
        if self._sum < 100:
            return OK._replace(seconds=0.1)
        self._sum -= 100
        return BROKEN._replace(seconds=0.1)


@pytest.mark.parametrize("after", [None, 1.0])
@pytest.mark.parametrize("seconds", [0.005, 0.1, 1.0])
def test_a_limit_of_ten_a_second_is_found_and_used(seconds: float, after: float | None) -> None:
    upstream = Upstream(Limited(10, seconds, after))
    upstream.run(5 * MINUTE)
    adapted = upstream.now
    upstream.run(10 * MINUTE)
    sent = upstream.since(adapted)
    delivered = sum(each.blame is Blame.SUCCESS for each in sent)
    assert delivered / (10 * MINUTE) >= 9.5
    assert share(sent, Blame.SLOW_DOWN) <= 0.05


def test_a_gate_that_learned_nothing_would_meet_far_more_refusals() -> None:
    """The control: the same destination under a policy that grows at once to what it was."""
    deaf = DeliveryPolicy(rate_share=0.999, rate_near=0, rate_growth=1, rate_growth_seconds=1)
    upstream = Upstream(Limited(10, 0.005), policy=deaf)
    upstream.run(5 * MINUTE)
    assert share(upstream.since(1060), Blame.SLOW_DOWN) > 0.05


def test_a_limit_that_is_raised_is_found_again() -> None:
    limited = Limited(10, 0.005)
    upstream = Upstream(limited)
    upstream.run(5 * MINUTE)
    limited.limit = 40
    upstream.run(20 * MINUTE)
    before = upstream.now
    upstream.run(5 * MINUTE)
    assert len(upstream.since(before)) / (5 * MINUTE) > 30


def test_a_declared_rate_is_never_exceeded() -> None:
    upstream = Upstream(lambda _: OK, limits=Limits(rate=5.0))
    upstream.run(MINUTE)
    assert 298 <= len(upstream.sent) <= 302
    begun = [each.at for each in upstream.sent]
    assert all(later - at >= 0.98 for at, later in zip(begun, begun[5:], strict=False))


def test_a_retry_after_holds_the_whole_connection() -> None:
    asked = iter([SLOW_DOWN._replace(after=120.0)])
    upstream = Upstream(lambda _: next(asked, OK))
    upstream.run(10 * MINUTE)
    first = min(each.ended for each in upstream.sent if each.blame is Blame.SLOW_DOWN)
    begun = [each.at for each in upstream.sent if each.at > first]
    assert first + 120 <= begun[0] <= first + 121


def test_a_retry_after_holds_for_an_hour_at_most() -> None:
    asked = iter([Answer(Blame.OVERLOADED, after=1e9)])
    upstream = Upstream(lambda _: next(asked, OK._replace(seconds=1.0)))
    upstream.run(HOUR + MINUTE)
    begun = [each.at for each in upstream.sent]
    longest = max(later - at for at, later in pairwise(begun))
    assert HOUR - 1 <= longest <= HOUR + 1


def test_forty_nine_failures_in_a_hundred_leave_the_breaker_closed() -> None:
    upstream = Upstream(InTurn(49))
    upstream.run(2 * MINUTE)
    assert not any(each.is_probe for each in upstream.sent)
    assert upstream.gate.is_open


def test_fifty_failures_in_a_hundred_open_it() -> None:
    upstream = Upstream(InTurn(50))
    upstream.run(MINUTE)
    assert any(each.is_probe for each in upstream.sent)


def test_a_flapping_destination_opens_the_breaker_no_faster_than_its_open_time() -> None:
    """Up for a second and down for one, for ten minutes."""
    upstream = Upstream(lambda now: OK if int(now) % 2 else BROKEN)
    opened, was_open = [], True
    for _ in range(60_000):
        upstream.run(0.01)
        is_open = upstream.gate.breaker.is_closed
        if was_open and not is_open:
            opened.append(upstream.now)
        was_open = is_open
    assert len(opened) > 20
    assert all(later - at >= 5 for at, later in pairwise(opened))
    assert not upstream.pauses


def test_an_outage_of_an_hour_costs_one_probe_for_each_open_time() -> None:
    well_again = OK._replace(seconds=0.2)
    upstream = Upstream(lambda now: BROKEN if now < 1000 + HOUR else well_again)
    upstream.run(HOUR)
    down = upstream.sent
    probes = [each.at for each in down if each.is_probe]
    assert len(down) - len(probes) <= 14, "ten in a row, and what was under way then"
    assert len(probes) <= 6 + HOUR / 300
    gaps = [later - at for at, later in pairwise(probes)]
    assert min(gaps) >= 5
    assert max(gaps) <= 300 * 1.25 + 1
    upstream.run(12 * MINUTE)
    well = upstream.since(1000 + HOUR)
    assert upstream.gate.is_open
    assert [each.is_probe for each in well].count(True) == 3
    assert well[0].at <= 1000 + HOUR + 300 * 1.25 + 1
    assert upstream.gate.slots.limit == 64


def test_after_the_breaker_closed_it_is_eased_in() -> None:
    upstream = Upstream(lambda now: BROKEN if now < 1010 else OK._replace(seconds=1.0))
    upstream.run(60)
    begun = Counter(
        round(each.at, 1)
        for each in upstream.sent
        if each.blame is Blame.SUCCESS and not each.is_probe
    )
    assert list(begun.values())[:3] == [1, 2, 4]


def test_five_time_outs_in_a_row_open_the_breaker() -> None:
    upstream = Upstream(lambda _: Answer(Blame.TIMEOUT, 10.0))
    upstream.run(9)
    assert upstream.most == 4, "one that hangs costs its slots, and no more"
    upstream.run(12)
    assert not upstream.gate.is_open
    assert len(upstream.sent) <= 8


def test_answers_that_blame_the_event_never_open_the_breaker() -> None:
    upstream = Upstream(lambda _: Answer(Blame.NEUTRAL))
    upstream.run(MINUTE)
    assert upstream.gate.is_open
    assert not upstream.pauses


def test_a_destination_that_never_comes_back_is_paused_after_five_days() -> None:
    upstream = Upstream(lambda _: BROKEN)
    upstream.run(5 * DAY - HOUR)
    assert not upstream.pauses
    upstream.run(HOUR + 10 * MINUTE)
    assert [reason for _, reason in upstream.pauses] == ["no_success"]
    assert len(upstream.sent) <= 5 * DAY / 300 + 20
    paused = upstream.now
    upstream.run(DAY)
    assert upstream.since(paused) == []


@pytest.mark.parametrize(
    ("blame", "reason"),
    [
        (Blame.GONE, "gone"),
        (Blame.PAYMENT, "payment_required"),
        (Blame.PROXY, "proxy_refused"),
    ],
)
def test_some_answers_pause_at_once(blame: Blame, reason: str) -> None:
    upstream = Upstream(lambda _: Answer(blame))
    upstream.run(MINUTE)
    assert [each for _, each in upstream.pauses] == [reason]
    assert len(upstream.sent) <= 4


def test_a_slow_destination_grows_its_slots_only_while_it_stays_quick() -> None:
    """It serves eight at once; more only makes each of them wait."""
    upstream = Upstream(lambda _: OK)
    upstream.answer = lambda _: Answer(Blame.SUCCESS, 0.2 * max(1.0, upstream.gate.in_flight / 8))
    upstream.run(10 * MINUTE)
    assert 8 <= upstream.gate.slots.limit <= 20


def test_slots_grow_to_the_most_where_answers_stay_quick() -> None:
    upstream = Upstream(lambda _: Answer(Blame.SUCCESS, 0.2))
    upstream.run(MINUTE)
    assert upstream.gate.slots.limit == 64


@pytest.mark.parametrize(("declared", "most"), [(1, 1), (3, 3), (64, 64), (None, 64)])
def test_no_more_are_under_way_than_the_destination_declares(
    declared: int | None, most: int
) -> None:
    upstream = Upstream(lambda _: Answer(Blame.SUCCESS, 0.2), limits=Limits(slots=declared))
    upstream.run(MINUTE)
    assert upstream.most == most
