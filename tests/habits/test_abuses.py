"""Every known abuse of access is claimed by a test, or waits for a part that is still to come."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.contracts.access.later import LATER, MOST

TESTS = Path(__file__).parents[1]
CASES = TESTS / "contracts" / "access" / "abuses.jsonl"
CLAIM = re.compile(r"mark\.abuse\(([^)]*)\)")
NAME = re.compile(r'"(ac_\w+)"')


def known() -> set[str]:
    return {json.loads(line)["id"] for line in CASES.read_text(encoding="utf-8").splitlines()}


def claimed() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    return {name for text in texts for claim in CLAIM.findall(text) for name in NAME.findall(claim)}


def test_every_case_is_claimed_or_waits_for_its_part() -> None:
    assert known() - claimed() == LATER.keys()


def test_nothing_is_claimed_that_is_not_known() -> None:
    assert claimed() <= known()


def test_the_cases_that_wait_grow_fewer() -> None:
    assert len(LATER) <= MOST
