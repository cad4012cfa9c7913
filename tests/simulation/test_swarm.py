"""Many short lives of a whole machine, each with some kinds of trouble and without the others."""

from __future__ import annotations

import time
from pathlib import Path
from random import SystemRandom

import pytest

from tests.harness.fixtures import tell
from tests.simulation.swarm import Swarm

SECONDS = 60.0
"""CPU time that the seeds of a default run may take; it does not ask how busy the machine is."""
FEWEST = 300
KEPT = Path(__file__).with_name("kept_seeds.txt")
"""Seeds that failed once: each line has the number, and what went wrong then."""


def run_seed(seed: int) -> None:
    try:
        Swarm(seed).run()
    except BaseException as error:
        error.add_note(f"SEED={seed}")
        print(f"SEED={seed}")  # noqa: T201 - to run a failure again
        raise


def run_seeds(seeds: int, seconds: float) -> int:
    """Run seeds that nobody has chosen, until there were enough or time is up."""
    draw, end = SystemRandom(), time.process_time() + seconds
    for done in range(seeds):
        if time.process_time() > end:
            return done
        run_seed(draw.randrange(1 << 32))
    return seeds


def kept_seeds() -> list[int]:
    lines = KEPT.read_text().splitlines()
    return [int(line.split()[0]) for line in lines if line and not line.startswith("#")]


def test_machines_in_any_trouble_come_to_rest_with_every_event_accounted_for() -> None:
    """As many as fit; a machine that is slower than that of the promise runs fewer."""
    begun = time.process_time()
    done = run_seeds(FEWEST, SECONDS)
    seconds = time.process_time() - begun
    tell(f"{done} seeds in {seconds:.0f} s of CPU time")
    assert done >= FEWEST or seconds >= SECONDS


@pytest.mark.parametrize("seed", kept_seeds())
def test_what_went_wrong_once_does_not_again(seed: int) -> None:
    run_seed(seed)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_many_more_machines_in_any_trouble_do_the_same() -> None:
    assert run_seeds(2000, 1800.0) == 2000
