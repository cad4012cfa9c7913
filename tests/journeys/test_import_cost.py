"""Importing the kit costs an author's program hardly more than pydantic does by itself."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

pytestmark = pytest.mark.alone

MODEL = "from pydantic import BaseModel\nclass Model(BaseModel):\n    x: int\n"
KIT = "import headgate.kit\n"
HEAVY = ("sqlalchemy", "alembic", "fastapi", "duckdb", "authlib", "headgate.mapping.liquidjs")
MOST = 1.25
PAIRS, ROUNDS = 8, 4


def cpu(program: str) -> float:
    """Seconds of CPU that a process takes for a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio() -> float:
    """The least of some runs of each, one after the other, as others disturb both alike."""
    pairs = [(cpu(KIT), cpu(MODEL)) for _ in range(PAIRS)]
    return min(kit for kit, _ in pairs) / min(model for _, model in pairs)


def test_importing_the_kit_costs_at_most_a_quarter_more_than_one_pydantic_model() -> None:
    ratios: list[float] = []
    while not ratios or (ratios[-1] > MOST and len(ratios) < ROUNDS):
        ratios.append(ratio())
    assert ratios[-1] <= MOST, ratios


def test_importing_the_kit_loads_nothing_heavy() -> None:
    program = f"{KIT}import sys\nprint(*[m for m in {HEAVY} if m in sys.modules])\n"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == []
