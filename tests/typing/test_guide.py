"""The destination of the guide is short, typed, and has all that the guide promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headgate.cli.destination.loading import load
from headgate.kit.findings import findings

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "write-a-destination.md"
MODULE = re.compile(r"__init__\.py <<'END'\n(.*?)^END$", re.DOTALL | re.MULTILINE)
MOST_LINES = 80


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with the module that the guide has its reader write."""
    found = MODULE.search(GUIDE.read_text(encoding="utf-8"))
    assert found is not None
    folder = tmp_path_factory.mktemp("guide") / "acme"
    folder.mkdir()
    (folder / "__init__.py").write_text(found[1])
    return folder


def test_it_is_short(package: Path) -> None:
    assert len((package / "__init__.py").read_text().splitlines()) <= MOST_LINES


def test_a_type_checker_finds_nothing(package: Path) -> None:
    cache = ["--cache-dir", str(ROOT / ".mypy_cache"), "--config-file="]
    command = [sys.executable, "-m", "mypy", "--strict", *cache, str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT / "src")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_two_actions_oauth_a_batch_and_choices_that_are_asked_for(package: Path) -> None:
    acme: Any = load(str(package))
    assert list(acme.actions) == ["update_contact", "track"]
    assert acme.scheme == "oauth2"
    assert acme.actions["track"].batched is not None
    assert list(acme.actions["update_contact"].payload.dynamic_choices()) == ["list_id"]
    assert [each for each in findings(acme) if each.level == "error"] == []
