"""The tests that the plug-in adds: one for each destination and rule."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headgate.kit.testing.maturity import maturity
from headgate.kit.testing.plugin import MATURITY
from headgate.kit.testing.rule import Rule, judge
from headgate.kit.testing.subject import Subject


def test_it_keeps(headgate_subject: Subject, headgate_rule: Rule) -> None:
    verdict = judge(headgate_subject, headgate_rule)
    if not verdict.is_kept:
        pytest.fail(str(verdict), pytrace=False)


def test_its_level_is_known(
    headgate_subject: Subject, record_property: Callable[[str, object], None]
) -> None:
    reached = maturity(headgate_subject)
    record_property(MATURITY, f"{headgate_subject.destination.slug}: {reached}")
    if reached.level is None:
        pytest.fail(str(reached), pytrace=False)
