from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.habits.source import ROOT, code, importers, shown

NAMELESS = {"base", "common", "core", "helper", "helpers", "manager", "util", "utils"}

HEAVY = ("alembic", "cryptography", "fastapi", "pydantic", "rich", "sqlalchemy")
"""What a collect process must not load: each costs start time and memory in every one."""

LOADED_BY_COLLECT = """
import importlib, pkgutil, sys
import headgate.collect as collect
for module in pkgutil.walk_packages(collect.__path__, "headgate.collect."):
    importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_imports_keep_the_contracts_of_import_linter() -> None:
    linter = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linter.returncode == 0, linter.stdout


@pytest.mark.parametrize(
    ("library", "users"),
    [
        ("alembic", {"store"}),
        ("fastapi", {"api", "console"}),
        ("pycurl", {"deliver", "kit"}),
        ("sqlalchemy", {"store"}),
        ("starlette", {"api", "console"}),
        ("headgate.control", {"api", "cli", "control", "partners", "services"}),
    ],
)
def test_only_its_owners_import_a_library(library: str, users: set[str]) -> None:
    assert importers(library) <= users


def test_collect_loads_no_heavy_library() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED_BY_COLLECT], capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr
    assert set(HEAVY) & set(loaded.stdout.split()) == set()


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {shown(path): (*path.parent.relative_to(ROOT).parts, path.stem) for path in code()}
    assert [name for name, words in parts.items() if NAMELESS & set(words)] == []
