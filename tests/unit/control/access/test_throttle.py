"""Who fails must wait, longer each time; nobody keeps another out for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.control.access import throttle
from headgate.control.access.throttle import FORGET_MS, MINUTE_MS, PACES, Throttle
from headgate.control.errors import TooSoon
from tests.harness.fixtures import rng

if TYPE_CHECKING:
    from random import Random

__all__ = ["rng"]

DAY_MS = 24 * 60 * MINUTE_MS
ADA, HERE = "ada@x.org", "192.0.2.1"


class Guesser:
    """Tries at the earliest moment at which it may; counts how often."""

    def __init__(self, found: Throttle) -> None:
        self.throttle, self.now, self.waits = found, 0, list[int]()

    def fail(self, account: str = ADA, address: str = HERE) -> int:
        """Fail once; how long that took to be allowed."""
        waited = 0
        while True:
            try:
                self.throttle.enter(self.throttle.keys(account, address), self.now)
            except TooSoon as soon:
                self.now += soon.wait_ms
                waited += soon.wait_ms
            else:
                return waited

    def passes(self, account: str = ADA, address: str = HERE) -> None:
        self.fail(account, address)
        self.throttle.passed(self.throttle.keys(account, address))


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    guesser = Guesser(Throttle())
    waits = [guesser.fail() // 1000 for _ in range(18)]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_what_is_refused_does_not_count() -> None:
    guesser = Guesser(Throttle())
    for _ in range(5):
        guesser.fail()
    for _ in range(50):
        with pytest.raises(TooSoon):
            guesser.throttle.enter(guesser.throttle.keys(ADA, HERE), guesser.now)
    assert guesser.fail() == 1000


def test_who_gets_in_begins_anew() -> None:
    guesser = Guesser(Throttle())
    for _ in range(4):
        guesser.fail()
    guesser.passes()
    assert [guesser.fail() for _ in range(5)] == [0] * 5


def test_one_address_guesses_once_a_minute_at_all_accounts_together() -> None:
    """Whoever gets into an account of the own meanwhile gains nothing by that."""
    for own in (False, True):
        guesser, count = Guesser(Throttle()), 0
        while guesser.now < DAY_MS:
            guesser.fail(f"victim-{count}@x.org")
            count += 1
            if own:
                guesser.passes("mine@x.org")
        assert count <= PACES["address"].free + DAY_MS // MINUTE_MS + 15


def test_one_ipv6_client_is_one_address() -> None:
    guesser = Guesser(Throttle())
    waits = [
        guesser.fail(f"victim-{number}@x.org", f"2001:db8::{number:x}") for number in range(40)
    ]
    assert sum(waits) > 0
    assert Guesser(guesser.throttle).fail("victim@x.org", "2001:db8:0:1::1") == 0


def test_many_people_behind_one_address_may_err() -> None:
    """Five hundred, who all mistype once on a morning of four hours, and then get in."""
    guesser = Guesser(Throttle())
    for number in range(500):
        guesser.now = max(guesser.now, number * 4 * 60 * MINUTE_MS // 500)
        assert guesser.fail(f"worker-{number}@x.org") <= 15 * MINUTE_MS
        guesser.passes(f"worker-{number}@x.org")
    assert guesser.now < 10 * 60 * MINUTE_MS


def test_strangers_from_everywhere_make_an_account_wait_a_minute_at_most(rng: Random) -> None:
    guesser = Guesser(Throttle())
    addresses = [f"198.51.{number // 250}.{number % 250}" for number in range(400)]
    rng.shuffle(addresses)
    waits = [guesser.fail(address=each) for each in addresses]
    assert waits[:100] == [0] * 100
    assert max(waits) <= MINUTE_MS
    assert guesser.now >= 200 * MINUTE_MS, "it is slow nevertheless"


def test_strangers_keep_nobody_out_who_got_in_from_there_before() -> None:
    guesser = Guesser(Throttle())
    guesser.passes()
    for number in range(300):
        guesser.throttle.enter(
            guesser.throttle.keys(ADA, f"198.51.{number // 250}.{number % 250}"), number * MINUTE_MS
        )
    for number in range(40):
        guesser.fail(f"other-{number}@x.org")
    with pytest.raises(TooSoon):
        guesser.throttle.enter(guesser.throttle.keys("new@x.org", HERE), guesser.now)
    guesser.throttle.enter(guesser.throttle.keys(ADA, HERE), guesser.now)


def test_a_failure_elsewhere_costs_nobody_anything() -> None:
    guesser = Guesser(Throttle())
    for _ in range(20):
        guesser.fail(address="198.51.100.1")
    fresh = Guesser(guesser.throttle)
    fresh.now = guesser.now
    assert fresh.fail() == 0
    assert fresh.fail("bob@x.org") == 0


def test_a_day_without_a_try_forgets() -> None:
    guesser = Guesser(Throttle())
    for _ in range(20):
        guesser.fail()
    guesser.now += FORGET_MS
    assert [guesser.fail() for _ in range(5)] == [0] * 5


def test_a_clock_that_is_set_back_makes_nobody_wait_longer_than_the_longest() -> None:
    guesser = Guesser(Throttle())
    guesser.now = 10 * FORGET_MS
    for _ in range(20):
        guesser.fail()
    guesser.now = 0
    assert guesser.fail() <= PACES["pair"].longest_ms


def test_many_at_once_gain_nothing() -> None:
    """A try counts before it is known whether it fails: of ten at one moment five are let in."""
    found, let_in = Throttle(), 0
    for _ in range(10):
        try:
            found.enter(found.keys(ADA, HERE), 0)
        except TooSoon:
            continue
        let_in += 1
    assert let_in == 5


def test_whoever_proves_otherwise_to_have_the_account_waits_no_more() -> None:
    found = Throttle()
    for number in range(110):
        Guesser(found).fail(address=f"198.51.100.{number}")
    for _ in range(5):
        found.enter(found.code("usr_1"), 0)
    with pytest.raises(TooSoon):
        found.enter(found.code("usr_1"), 0)
    found.forget(ADA, "usr_1")
    found.enter(found.code("usr_1"), 0)
    assert Guesser(found).fail(address="203.0.113.1") == 0


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch, rng: Random) -> None:
    monkeypatch.setattr(throttle, "MOST_KEYS", 50)
    found = Throttle()
    for _ in range(500):
        name = rng.randrange(10_000)
        keys = found.keys(f"{name}@x.org", f"10.0.{name // 250}.{name % 250}")
        found.enter(keys, 0)
        found.passed(keys)
        found.enter(keys, 0)
    assert len(found._tries) == len(found._proven) == 50
