from __future__ import annotations

from pathlib import Path

import pytest

from headgate.kit.testing.maturity import maturity
from headgate.kit.testing.rule import Verdict, judge
from headgate.kit.testing.rules import RULES
from tests.unit.kit.testing.acme import Changes, subject

CODE = "__init__.py"
UNLISTED: Changes = {CODE: ('categories=("CRM",)', "")}


def judged(tmp_path: Path, rule: str, changes: Changes) -> Verdict:
    found = next(each for each in RULES if each.name == rule)
    return judge(subject(tmp_path, changes), found)


@pytest.mark.parametrize("place", ["listing/categories", "listing/*", "*"])
def test_a_waived_fault_is_none(place: str, tmp_path: Path) -> None:
    waivers = {"recordings/waivers.yaml": f"has_no_warnings: {{'{place}': It fits in none.}}"}
    verdict = judged(tmp_path, "has_no_warnings", {**UNLISTED, **waivers})
    assert verdict.is_kept
    assert [fault.place for fault in verdict.waived] == ["listing/categories"]


def test_a_waiver_is_for_its_place_alone(tmp_path: Path) -> None:
    waivers = {"recordings/waivers.yaml": "has_no_warnings: {listing/website: There is none.}"}
    verdict = judged(tmp_path, "has_no_warnings", {**UNLISTED, **waivers})
    assert [fault.place for fault in verdict.faults] == ["listing/categories", "listing/website"]


def test_a_waiver_that_nothing_needs_is_a_fault(tmp_path: Path) -> None:
    waivers = {"recordings/waivers.yaml": "sorts_answers: {track/400: It used to be odd.}"}
    verdict = judged(tmp_path, "sorts_answers", waivers)
    assert str(verdict).endswith("\n  track/400: nothing needs this waiver: remove it")


def test_what_is_waived_is_kept_but_not_stable(tmp_path: Path) -> None:
    waivers = {"recordings/waivers.yaml": "has_no_warnings: {listing/categories: It fits in none.}"}
    reached = maturity(subject(tmp_path, {**UNLISTED, **waivers}))
    assert str(reached) == "beta (lacks needs_no_waiver)"


def test_a_fault_of_the_first_level_leaves_none(tmp_path: Path) -> None:
    reached = maturity(subject(tmp_path, {CODE: ('"Who did it."', '""'), "guide.md": None}))
    assert str(reached) == "below experimental (lacks is_declared_well)"
