from __future__ import annotations

from random import Random, SystemRandom
from typing import TYPE_CHECKING

import pytest

from headgate.deliver import attempt, configuring, engine, taking_over
from headgate.deliver.lane import Lane
from headgate.deliver.ticks import Ticks
from headgate.ledger.port import PlaceRow, Tick
from headgate.ledger.ranges import pack, unpack
from tests.simulation.disk import Crash
from tests.simulation.history import Broken
from tests.simulation.small_run import (
    SMALL,
    TALLIES,
    killed,
    lived_through,
    lost_all_that_was_not_synced,
    lost_power,
)
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.deliver.sending import Answered

FULL = pytest.mark.full
NEXT_DEATH = 40


@pytest.fixture
def seed() -> int:
    chosen = SystemRandom().randrange(1 << 32)
    print(f"SEED={chosen}")  # noqa: T201 - to run a failure again
    return chosen


def undisturbed() -> World:
    world = World(SMALL)
    world.live()
    return world


def points() -> range:
    """Every operation of the disk, and every commit and sync of the ledger."""
    return range(1, len(undisturbed().points) + 1)


def test_a_run_without_crashes_repeats_nothing_and_closes_each_event_as_it_ended() -> None:
    world = undisturbed()
    assert world.keeper.tables.tallies == TALLIES
    assert world.books.repeats == 0
    kinds = ("before a commit", "after a commit", "before a sync", "create", "write", "sync", "put")
    assert {kind: world.points.count(kind) > 3 for kind in kinds} == dict.fromkeys(kinds, True)


@pytest.mark.parametrize(
    "often", [0.5, pytest.param(0.0, marks=FULL), pytest.param(1.0, marks=FULL)]
)
@pytest.mark.parametrize("death", [killed, lost_power, lost_all_that_was_not_synced])
def test_a_crash_at_any_point_loses_nothing_and_repeats_no_more_than_it_may(
    death: Callable[[World], None], seed: int, often: float
) -> None:
    """`often` it dies a second time, soon after."""
    for point in points():
        rng = Random(f"{seed} {point}")  # noqa: S311
        twice = rng.random() < often
        world = World(SMALL, seed=seed + point, dies_at=point)
        try:
            lived_through(world, death, again=rng.randint(1, NEXT_DEATH) if twice else 0)
            assert world.keeper.tables.tallies == TALLIES
        except AssertionError as broken:
            raise Broken(f"{death.__name__}, {seed=}, {point=}, {twice=}: {broken}") from broken


def test_an_end_that_a_lane_has_noted_survives_power_loss() -> None:
    """The first append ever dies half-way; what recovery makes of it is all that readers see."""
    points = undisturbed().points
    first_segment = points.index("create", points.index("create") + 1) + 1
    world = World(SMALL, dies_at=first_segment + 2)
    with pytest.raises(Crash):
        world.live()
    world.killed()
    later, world.unsent = world.unsent, []
    world.live()
    world.lost_power(0.0)
    world.unsent = [batch._replace(at=60.0 + batch.at) for batch in later]
    world.live()


# What the checks must find. Each of these did pass a test that only counts at the end.


def doubled(tick: Tick) -> None:
    for key in tick.tallies:
        tick.tallies[key] *= 2


def lost(tick: Tick) -> None:
    tick.tallies.clear()


def moved_to_another_class(tick: Tick) -> None:
    for of, cls, reason in list(tick.tallies):
        n = tick.tallies.pop((of, cls, reason))
        tick.tallies[of, "delivered" if cls == "filtered" else "filtered", reason] = n


def changed_by_one(tick: Tick) -> None:
    for key in list(tick.tallies):
        tick.tallies[key] += 1


def widened(tick: Tick) -> None:
    tick.places = [_widened(place) for place in tick.places]


def _widened(place: PlaceRow) -> PlaceRow:
    """The first finished range begins at the cursor's own event."""
    done = unpack(place.cursor, place.done)
    if done:
        done[0] = (place.cursor, done[0][1])
    return place._replace(done=pack(place.cursor, done))


def never_opened(tick: Tick) -> None:
    tick.opened.clear()


def never_closed(tick: Tick) -> None:
    tick.closed.clear()


@pytest.mark.parametrize(
    "meddle",
    [
        doubled,
        lost,
        moved_to_another_class,
        changed_by_one,
        widened,
        never_opened,
        never_closed,
    ],
)
def test_a_ledger_that_says_something_else_is_found_out(meddle: Callable[[Tick], None]) -> None:
    with pytest.raises(Broken):
        World(SMALL, meddle=meddle).live()


@pytest.mark.parametrize("nth", [1, 3, 8])
def test_one_wrong_mark_among_all_is_found_out(nth: int) -> None:
    counted = 0

    def once(tick: Tick) -> None:
        nonlocal counted
        if tick.tallies:
            counted += 1
            if counted == nth:
                changed_by_one(tick)

    with pytest.raises(Broken):
        World(SMALL, meddle=once).live()


class Generous(Ticks):
    """It gives a slot back when the answer is there, before the commit that keeps it."""

    def result(self, answered: Answered) -> None:
        super().result(answered)
        self._committed([answered], was_stuck=False)

    def _try(self, tick: Tick, answered: list[Answered]) -> bool:
        for each in answered:
            each.lane.gate.in_flight += 1
        return super()._try(tick, answered)


def test_slots_that_are_free_before_the_commit_are_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "Ticks", Generous)
    with pytest.raises(Broken, match="could be lost at once"):
        World(SMALL).live()


class Hasty(Lane):
    """Its cursor passes over what is still under way."""

    def place(self) -> PlaceRow:
        place = super().place()
        return place._replace(cursor=max(place.cursor, self.frontier), done=b"")


def test_a_cursor_that_passes_an_unfinished_event_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(configuring, "Lane", Hasty)
    with pytest.raises(Broken):
        World(SMALL).live()


class Forgetful(Lane):
    """After a restart it claims again what was finished beyond its cursor."""

    def _was_finished(self, position: int) -> bool:  # noqa: ARG002 - it does not look
        return False


def died_everywhere(seed: int) -> None:
    for point in points():
        lived_through(World(SMALL, seed=seed, dies_at=point), killed)


def test_a_lane_that_sends_again_what_had_ended_is_found_out(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(taking_over, "Lane", Forgetful)
    with pytest.raises(Broken):
        died_everywhere(seed)


def test_a_key_that_changes_with_a_restart_is_found_out(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw = SystemRandom()
    monkeypatch.setattr(attempt, "idempotency_key", lambda *_: str(draw.random()))
    with pytest.raises(Broken, match="two keys"):
        died_everywhere(seed)
