"""Names whose address turns inwards at any moment: before, while and after they are dialled."""

from __future__ import annotations

from random import SystemRandom
from typing import TYPE_CHECKING

import pytest

from tests.contracts.egress.rebinding import INNER, PUBLIC, TIMES
from tests.contracts.egress.running import need_namespace, turned
from tests.harness.fixtures import tell

if TYPE_CHECKING:
    from pathlib import Path

SOME, MANY = 50, 1000


@pytest.mark.parametrize("names", [SOME, pytest.param(MANY, marks=pytest.mark.full)])
def test_no_timing_leads_inwards(tmp_path: Path, names: int) -> None:
    need_namespace()
    seed = SystemRandom().randrange(1 << 32)
    tell(f"seed {seed}")
    found = turned(tmp_path, seed, names)
    tell(f"{names} names turned inwards, and requests to them ended so: {found.ended}")
    assert found.dialled == [PUBLIC]
    assert sum(found.ended.values()) == names * TIMES
    assert found.ended.keys() <= {"answered", "blocked", "dns"}  # a busy machine may look up late
    assert min(found.ended["answered"], found.ended["blocked"]) > names


@pytest.mark.full
def test_control_without_the_guard_names_lead_inwards(tmp_path: Path) -> None:
    need_namespace()
    assert INNER in turned(tmp_path, 1, SOME, is_guarded=False).dialled
