"""Every destination of ours keeps the contract that packages are held to as well."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from headgate import catalog, destinations
from headgate.kit.testing import maturity
from headgate.kit.testing.plugin import MATURITY
from headgate.kit.testing.released import names, removed
from headgate.kit.testing.rule import Rule, Verdict, judge
from headgate.kit.testing.rules import RULES, up_to
from headgate.kit.testing.subject import Subject

CATALOGUE = Path(__file__).with_name("catalogue.json")
FOLDERS = {
    path.parent.name: path.parent for path in Path(destinations.__path__[0]).glob("*/__init__.py")
}


def released() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CATALOGUE.read_text("utf-8"))
    return found


@cache
def subject(slug: str) -> Subject:
    return Subject(
        catalog.destination(slug), FOLDERS[slug], released=released().get(slug), found_as=slug
    )


@cache
def judged(slug: str, rule: Rule) -> Verdict:
    return judge(subject(slug), rule)


@pytest.mark.parametrize("slug", sorted(FOLDERS))
@pytest.mark.parametrize("rule", up_to("beta"), ids=lambda rule: rule.name)
def test_a_destination_keeps(slug: str, rule: Rule) -> None:
    verdict = judged(slug, rule)
    if not verdict.is_kept:
        pytest.fail(str(verdict), pytrace=False)


@pytest.mark.parametrize("slug", sorted(FOLDERS))
def test_its_level_is_known(slug: str, record_property: Callable[[str, object], None]) -> None:
    reached = maturity.of(judged(slug, rule) for rule in RULES)
    record_property(MATURITY, f"{slug}: {reached}")
    if reached.level is None:
        pytest.fail(str(reached), pytrace=False)


def test_no_released_destination_is_gone() -> None:
    """Names of new destinations come in with `python -m tests.contracts.test_destinations`."""
    assert released().keys() - FOLDERS.keys() == set()


def snapshot(before: Mapping[str, Any]) -> dict[str, Any]:
    """The names of all destinations. Raises `SystemExit` rather than lose one."""
    now = {slug: names(catalog.destination(slug)) for slug in sorted(FOLDERS)}
    if gone := [*removed(before, now)]:
        raise SystemExit(f"released names never go: {', '.join(gone)}")
    return now


if __name__ == "__main__":
    before = released() if CATALOGUE.exists() else {}
    CATALOGUE.write_text(json.dumps(snapshot(before), indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{CATALOGUE}\n")
