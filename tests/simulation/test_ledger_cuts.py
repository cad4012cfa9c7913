from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import count
from random import SystemRandom
from typing import TYPE_CHECKING

import pytest

from tests.simulation.disk import Crash
from tests.simulation.history import Broken
from tests.simulation.keepers import SqliteKeeper
from tests.simulation.small_run import SMALL, TALLIES, killed, lived_through, lost_power
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMMITS = ("after a commit", "after a sync")


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[..., World]:
    """Worlds whose ledgers are SQLite files, each in a folder of its own."""
    numbers = count()

    def make(dies_at: int | None = None, seed: int = 0, cut: int | None = None) -> World:
        keeper = partial(SqliteKeeper, tmp_path / str(next(numbers)), cut)
        return World(replace(SMALL, keeper=keeper), seed, dies_at)

    return make


def commits(fresh: Callable[..., World]) -> Iterator[int]:
    """The points at which the ledger is committed and synced."""
    world = fresh()
    world.live()
    for point, what in enumerate(world.points, start=1):
        if what in COMMITS:
            yield point


def writes_before(fresh: Callable[..., World], point: int) -> int:
    """How many ways there are to cut the WAL of a machine that dies there."""
    world = fresh(point)
    with pytest.raises(Crash):
        world.live()
    return len(world.keeper.writes)  # type: ignore[attr-defined] # the keeper of the fixture


def went_on(world: World, death: Callable[[World], None], told: str) -> None:
    try:
        lived_through(world, death)
        assert world.keeper.tables.tallies == TALLIES
    except AssertionError as broken:
        raise Broken(f"{death.__name__}, {told}: {broken}") from broken


@pytest.mark.parametrize("death", [killed, lost_power])
def test_files_of_a_ledger_cut_at_a_write_of_any_commit_hold_the_same(
    fresh: Callable[..., World], death: Callable[[World], None]
) -> None:
    seed = SystemRandom().randrange(1 << 32)
    print(f"SEED={seed}")  # noqa: T201 - to run a failure again
    for point in commits(fresh):
        went_on(fresh(point, seed + point), death, f"{seed=}, {point=}")


@pytest.mark.full
@pytest.mark.timeout(600)
def test_files_of_a_ledger_cut_at_every_write_of_every_commit_hold_the_same(
    fresh: Callable[..., World],
) -> None:
    for point in commits(fresh):
        for cut in range(writes_before(fresh, point)):
            went_on(fresh(point, cut=cut), lost_power, f"{point=}, {cut=}")
