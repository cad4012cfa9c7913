"""What a destination's outage of hours or days costs: nothing is lost, and nobody else waits.

Promises R13, R14 and R32 of reliability section 2; the days are virtual.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from headgate.deliver import rounds
from tests.simulation.outage import BEGINS, CLEAN, DAY, DOWN, HOUR, LONG, WELL, Outage
from tests.simulation.receiver import Answer, Owed
from tests.simulation.setting import Batch, Joined, Setting
from tests.simulation.world import World

REFUSED = Answer(None, 0.001, kind="connect")
HANGS = Answer(None, 10.0)
OVERLOADED = Answer(503)
EVENTS = 5000
MANY = 30_000
MOST_IN_MEMORY = 10_500
"""Unfinished events of a lane (`unfinished_most`), and one turn of claiming."""


@pytest.fixture(autouse=True)
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Holds are looked at every five seconds: days of quarter seconds would take minutes."""
    monkeypatch.setattr(rounds, "HOLD_SECONDS", 5.0)


def check_nothing_is_lost(outage: Outage) -> None:
    every = CLEAN + outage.events
    assert outage.tallies == {(each, "delivered", ""): every for each in (DOWN, WELL)}
    assert all(len(outage.done[each]) == every for each in (DOWN, WELL))
    assert outage.world.books.repeats == 0 or outage.was_restarted
    assert outage.world.books.passed == 0


def check_attempts(outage: Outage) -> None:
    tries = outage.attempts()
    assert sum(n > 3 for n in tries) <= 0.001 * len(tries), Counter(tries)


def check_drain(outage: Outage) -> None:
    clean, drain = outage.rate(DOWN, 0.0), outage.rate(DOWN, outage.ends)
    assert drain >= 0.8 * clean, f"{drain:.0f} of {clean:.0f} events a second"


def check_others(outage: Outage) -> None:
    assert max(outage.ages(WELL)) < CLEAN / outage.rate(WELL, 0.0) + 1


@pytest.mark.parametrize(
    ("seconds", "events", "answer"),
    [
        pytest.param(DAY, EVENTS, OVERLOADED, id="a day of 503"),
        pytest.param(DAY, MANY, REFUSED, id="a day refused", marks=pytest.mark.full),
        pytest.param(DAY, MANY, HANGS, id="a day of hanging", marks=pytest.mark.full),
        pytest.param(5 * DAY - HOUR, MANY, OVERLOADED, id="five days", marks=pytest.mark.full),
        pytest.param(HOUR, EVENTS, Answer(500), id="an hour of 500", marks=pytest.mark.full),
    ],
)
@pytest.mark.timeout(600)
def test_an_outage_loses_and_expires_nothing_and_goes_by_fast(
    seconds: float, events: int, answer: Answer
) -> None:
    outage = Outage(seconds, events, answer)
    outage.run()
    check_nothing_is_lost(outage)
    check_attempts(outage)
    check_drain(outage)
    check_others(outage)
    assert outage.most["held"] <= MOST_IN_MEMORY


@pytest.mark.timeout(300)
def test_a_restart_in_the_middle_of_an_outage_changes_none_of_it() -> None:
    outage = Outage(6 * HOUR, 2000, OVERLOADED, restarts_at=3 * HOUR)
    outage.run()
    assert outage.was_restarted
    check_nothing_is_lost(outage)
    check_drain(outage)
    check_others(outage)


@pytest.mark.timeout(300)
def test_a_destination_that_never_comes_back_is_paused_and_its_events_are_kept() -> None:
    outage = Outage(5 * DAY + 6 * HOUR, 2000, OVERLOADED, operates=6 * DAY)
    outage.run()
    assert outage.paused == ["no_success"]
    check_nothing_is_lost(outage)
    assert min(at for at in outage.done[DOWN].values() if at > BEGINS) >= 6 * DAY


@pytest.mark.parametrize("by", [-DAY, DAY, -HOUR])
@pytest.mark.timeout(300)
def test_a_clock_that_jumps_in_an_outage_expires_nothing_and_delays_nobody(by: float) -> None:
    """The longest that anything may wait for is one step of the schedule more (R32)."""
    outage = Outage(2 * HOUR, 1000, OVERLOADED, jumps=((2 * HOUR, by),))
    outage.run()
    check_nothing_is_lost(outage)
    late = max(outage.done[DOWN].values()) - outage.ends
    assert late <= 2 * HOUR, f"the last one came {late:.0f} s after the end"


def test_without_a_breaker_every_event_would_be_tried_too_often() -> None:
    """So the count of attempts can fail."""
    patience = {"breaker_in_a_row": 10_000, "breaker_share": 1.0, "breaker_least": 10_000}
    outage = Outage(6 * HOUR, 1000, OVERLOADED, patience=patience)
    outage.run()
    with pytest.raises(AssertionError):
        check_attempts(outage)


# one event among many

POISON, FOLLOWS, LATER = "Paid-100", "Paid-107", "Paid-114"
USERS = 7
STEP = 5.0
"""How often holds are looked at here."""
HOURS = 100


def poisoned(ordering: str) -> tuple[World, dict[str, float]]:
    """An event each two seconds, then one each ten minutes; one is always answered with 503.

    How long each of the others was on its way, in seconds.
    """
    times = [2.0 * n for n in range(300)] + [600.0 * n for n in range(2, 6 * HOURS)]
    ages: dict[str, float] = {}

    def answer(owed: Owed, nth: int) -> Answer:  # noqa: ARG001 - as often as it comes
        if owed.message == POISON:
            return Answer(503)
        came = times[int(owed.message.removeprefix("Paid-"))]
        ages.setdefault(owed.message, asyncio.get_running_loop().time() - came)
        return Answer()

    setting = Setting(
        batches=[Batch(at, 1, f"Paid-{n}") for n, at in enumerate(times)],
        joined=[Joined(DOWN, 1, {"sub-1": frozenset({"Paid"})}, ordering)],
        plan=answer,
        users=USERS,
        slots=8,
        limits=LONG,
        longest=30 * DAY,
        poll=60.0,
        sweeps=False,
    )
    world = World(setting)
    world.live()
    assert len(ages) == len(times) - 1
    return world, ages


@pytest.mark.timeout(300)
def test_a_poison_event_alone_is_given_up_and_only_its_user_waits_as_long_as_is_said() -> None:
    world, ages = poisoned("per_user")
    tallies = {key[1:]: n for key, n in world.keeper.tables.tallies.items() if n}
    assert tallies == {
        ("delivered", ""): len(ages),
        ("dead_lettered", "retries_exhausted_http_503"): 1,
    }
    assert 5 <= ages.pop(FOLLOWS) <= 30 + STEP + 1
    assert ages.pop(LATER) <= 2 + STEP + 1
    assert max(ages.values()) < 1


@pytest.mark.timeout(300)
def test_in_strict_order_its_user_waits_until_it_is_given_up() -> None:
    """So the wait that is asserted above is that of the order."""
    _, ages = poisoned("strict")
    assert ages[FOLLOWS] > DAY
    assert ages["Paid-108"] < 1
