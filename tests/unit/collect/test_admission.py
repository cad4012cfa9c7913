"""Who may come in, and how fast."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.collect import admission
from headgate.collect.admission import (
    MOST_HELD,
    MOST_OF_AN_ADDRESS,
    Admission,
    Rates,
    Sockets,
    rates_of,
)
from headgate.collect.answers import Answer
from headgate.settings import load


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def admitting(clock: Clock | None = None, **rates: float) -> Admission:
    return Admission(Rates(**rates), clock=clock or Clock())


def passed(found: Admission, clock: Clock, seconds: float, size: int, asks: float = 0.01) -> int:
    """Events of source 1 and address `a` that get in when batches of `size` never stop coming."""
    count, end = 0, clock.now + seconds
    while clock.now < end:
        if not (found.address("a") or found.source(1) or found.any()):
            found.take(1, "a", size)
            count += size
        clock.now += asks
    return count


@pytest.mark.parametrize("which", ["collect", "source", "address"])
@pytest.mark.parametrize(("rate", "size"), [(50, 1), (50, 7), (0.5, 1), (10, 250), (3, 2500)])
def test_a_rate_is_kept_over_time_whatever_the_size_of_batches(
    which: str, rate: float, size: int
) -> None:
    clock = Clock()
    found = admitting(clock, **{which: rate})
    seconds = 40 * max(1, size / rate)
    count = passed(found, clock, seconds, size, asks=seconds / 5000)
    assert rate * seconds - size <= count <= rate * (seconds + 1) + size


def test_the_strictest_rate_counts() -> None:
    clock = Clock()
    found = admitting(clock, collect=100, source=20, address=50)
    assert 20 * 10 <= passed(found, clock, 10, 1) <= 20 * 11 + 1


def test_an_overdraft_is_paid_back_before_anything_else_comes() -> None:
    clock = Clock()
    found = admitting(clock, source=100)
    found.source(1)
    found.take(1, "a", 2500)
    for clock.now in (1000.0, 1012.0, 1023.9):
        refused = found.source(1)
        assert isinstance(refused, Answer)
        assert (refused.status, refused.code) == (429, "too_many_requests")
        assert 1 <= refused.retry_after <= 10
    clock.now = 1024.1
    assert found.source(1) is None


def test_no_rest_saves_up_more_than_a_second() -> None:
    clock = Clock()
    found = admitting(clock, source=10)
    found.source(1)
    clock.now += 3600
    at_once = 0
    while found.source(1) is None:
        found.take(1, "a", 1)
        at_once += 1
    assert at_once == 10


def test_sources_and_addresses_are_counted_apart() -> None:
    found = admitting(source=1, address=1)
    for number, peer in ((1, "a"), (2, "b")):
        assert (found.source(number), found.address(peer)) == (None, None)
        found.take(number, peer, 5)
        assert found.source(number) is not None
        assert found.address(peer) is not None
    assert (found.source(3), found.address("1")) == (None, None)


def test_a_server_that_is_full_says_that_it_is_its_own_fault() -> None:
    found = admitting(collect=1)
    assert found.any() is None
    found.take(1, "a", 5)
    refused = found.any()
    assert refused is not None
    assert (refused.status, refused.code) == (503, "unavailable")
    assert refused.retry_after >= 1


def test_without_rates_everything_comes_in() -> None:
    found = Admission()
    assert not found.is_limited
    found.take(1, "a", 1_000_000)
    assert (found.any(), found.source(1), found.address("a")) == (None, None, None)


def test_those_that_are_refused_together_do_not_all_return_together() -> None:
    found = admitting(source=1)
    found.source(1)
    found.take(1, "a", 3)
    waits = {refused.retry_after for refused in (found.source(1) for _ in range(200)) if refused}
    assert len(waits) > 1
    assert all(1 <= wait <= 10 for wait in waits)


def test_addresses_without_end_need_no_memory_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "_MANY", 100)
    clock = Clock()
    found = admitting(clock, source=100, address=1)
    found.source(1)
    found.take(1, "x", 99)
    for number in range(5000):
        found.address(f"a{number}")
        found.take(0, f"a{number}", 2500)  # overdrawn for 42 minutes
        clock.now += 0.001
    assert len(found._addresses._buckets) <= 200
    found.take(1, "x", 700)
    assert found.source(1) is not None, "what others do must not refill a bucket"


def test_only_buckets_that_are_full_again_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_MANY", 100)
    clock = Clock()
    found = admitting(clock, address=10)
    for number in range(100):
        found.address(f"a{number}")
        found.take(0, f"a{number}", 9 if number % 2 else 0)
    clock.now += 0.5
    found.address("new")
    kept = set(found._addresses._buckets)
    assert kept >= {f"a{number}" for number in range(1, 100, 2)}
    assert not kept & {f"a{number}" for number in range(0, 100, 2)}


# sockets and bytes


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60),
    st.integers(0, 4),
    st.integers(0, 9),
)
def test_sockets_are_counted_in_and_out(
    steps: list[tuple[str, bool]], of_address: int, most: int
) -> None:
    found = Admission(sockets=Sockets(most, of_address))
    held: list[str] = []
    for peer, comes in steps:
        if comes:
            is_full = bool(most) and len(held) >= most
            is_greedy = bool(of_address) and held.count(peer) >= of_address
            refused = found.welcome(peer)
            assert (refused is not None) is (is_full or is_greedy)
            if refused is None:
                held.append(peer)
            else:
                assert refused.status == (429 if is_greedy else 503)
                assert refused.retry_after >= 1
        elif peer in held:
            held.remove(peer)
            found.gone(peer)
    for peer in held:
        found.gone(peer)
    assert (found._open, dict(found._from)) == (0, {})


def test_a_trusted_proxy_may_have_many_sockets() -> None:
    found = Admission(sockets=Sockets(most=20, of_address=2))
    assert [found.welcome("10.0.0.1", is_proxy=True) for _ in range(20)] == [None] * 20
    refused = found.welcome("10.0.0.1", is_proxy=True)
    assert refused is not None
    assert refused.status == 503


def test_bytes_on_their_way_have_a_limit_and_are_given_back() -> None:
    found = Admission()
    assert found.hold(MOST_HELD) is None
    refused = found.hold(1)
    assert refused is not None
    assert (refused.status, refused.code) == (503, "unavailable")
    assert found.hold(-2) is None
    assert found.hold(1) is None


def test_processes_share_the_whole_and_each_has_the_rate_of_one_source() -> None:
    given_rates = {"collect_rate": 100, "source_rate": 30, "address_rate": 3}
    for processes in (1, 4):
        shares = rates_of(load(collect_processes=processes, **given_rates))
        assert shares == Rates(100 / processes, 30, 3)
    assert not any(itertools.chain(rates_of(load())))


def test_nobody_alone_keeps_the_bodies_of_others_out() -> None:
    found = Admission()
    assert found.hold(MOST_OF_AN_ADDRESS, "203.0.113.1") is None
    refused = found.hold(1, "203.0.113.1")
    assert refused is not None
    assert refused.status == 429
    assert found.hold(MOST_OF_AN_ADDRESS, "203.0.113.2") is None
    assert found.hold(-MOST_OF_AN_ADDRESS - 1, "203.0.113.1") is None
    assert found.hold(1, "203.0.113.1") is None
    assert found.hold(2 * MOST_OF_AN_ADDRESS) is None, "a trusted proxy speaks for many"


def test_work_that_brought_nothing_is_charged_to_its_address() -> None:
    found = Admission(Rates(address=2), clock=lambda: 0.0)
    for _ in range(2):
        found.charge("203.0.113.1")
    assert found.address("203.0.113.1") is not None
    assert found.address("203.0.113.2") is None
