from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from tests.habits.source import ROOT

if TYPE_CHECKING:
    from types import ModuleType

PAGE = ROOT / "docs" / "reference" / "settings.md"


@pytest.fixture(scope="module")
def settings() -> ModuleType:
    return importlib.import_module("headgate.settings")


def test_every_setting_describes_itself(settings: ModuleType) -> None:
    fields = settings.Settings.model_fields.items()
    assert [name for name, field in fields if not field.description] == []


def test_every_setting_has_a_row_in_the_reference(settings: ModuleType) -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    names = [f"HEADGATE_{name}".upper() for name in settings.Settings.model_fields]
    assert [name for name in names if not any(f"`{name}`" in row for row in rows)] == []


def test_the_reference_of_the_settings_is_the_generated_one(settings: ModuleType) -> None:
    cure = "write what headgate.settings.reference() returns to docs/reference/settings.md"
    assert PAGE.read_text() == settings.reference(), cure
