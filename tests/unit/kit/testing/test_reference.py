from __future__ import annotations

from headgate.kit.testing.reference import table
from headgate.kit.testing.rules.declaration import HEADINGS
from tests.habits.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "recordings.md").read_text("utf-8")


def test_the_reference_lists_every_rule() -> None:
    assert table() in PAGE


def test_the_reference_names_the_headings_of_guides() -> None:
    assert ", ".join(HEADINGS) in " ".join(PAGE.split())
