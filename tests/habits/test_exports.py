from __future__ import annotations

import importlib
from types import ModuleType, UnionType

import pytest


@pytest.fixture(scope="module")
def kit() -> ModuleType:
    return importlib.import_module("headgate.kit")


def in_order(name: str) -> tuple[bool, bool, str]:
    """Sort constants first, then classes, then functions, as ruff's RUF022 does."""
    return not name.isupper(), not name[0].isupper(), name


def test_the_kit_lists_exactly_what_can_be_imported_from_it(kit: ModuleType) -> None:
    public = {
        name
        for name, value in vars(kit).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    assert set(kit.__all__) == public


def test_the_list_of_the_kit_is_sorted(kit: ModuleType) -> None:
    assert list(kit.__all__) == sorted(kit.__all__, key=in_order)


def test_what_the_kit_exports_is_its_own(kit: ModuleType) -> None:
    exported = {name: getattr(kit, name) for name in kit.__all__}
    own = {name: it for name, it in exported.items() if not isinstance(it, UnionType)}  # aliases
    origins = {name: getattr(it, "__module__", "headgate") for name, it in own.items()}
    assert {name: at for name, at in origins.items() if not at.startswith("headgate")} == {}
