"""What `init` and `action` write is typed, tidy, and keeps the contract of all destinations."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from headgate.cli.destination.addition import add
from headgate.cli.destination.scaffold import BROWSER, TEMPLATES, plan, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 110.0
CLOUD = [template for template in TEMPLATES if template != BROWSER]


def run(folder: Path, *words: str, **environ: str) -> str:
    """Run a module of Python in a folder; what it said, whether it failed or not."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a project of each template, each with an action added to it."""
    folder = tmp_path_factory.mktemp("projects")
    paths, modules = sys.path.copy(), set(sys.modules)
    for template in TEMPLATES:
        planned = plan(f"Acme {template}", f"acme_{template}", template, folder)
        write(planned)
        if template != BROWSER:
            add(str(planned.folder), "addContactToList", None)
    yield folder
    sys.path[:] = paths
    for name in sys.modules.keys() - modules:
        if name.startswith("headgate_destination_acme"):
            del sys.modules[name]


@pytest.fixture(scope="module")
def installed(projects: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH in which all projects are installed, from their wheels."""
    site = tmp_path_factory.mktemp("site")
    for template in TEMPLATES:
        run(projects / f"acme_{template}", "hatchling", "build", "-t", "wheel", "-d", str(site))
    for wheel in site.glob("*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(site)
    return site


def test_the_types_are_strict(projects: Path) -> None:
    sources = [f"acme_{template}/src" for template in TEMPLATES]
    path = os.pathsep.join(sources)
    assert "no issues found in 5 source files" in run(
        projects, "mypy", "--strict", "--no-incremental", *sources, MYPYPATH=path
    )


@pytest.mark.parametrize("words", [("check",), ("format", "--check")])
def test_the_code_is_tidy(words: tuple[str, ...], projects: Path) -> None:
    for template in TEMPLATES:
        run(projects / f"acme_{template}", "ruff", *words, ".")


def test_a_plugin_is_declared_without_faults(projects: Path, installed: Path) -> None:
    said = run(projects / f"acme_{BROWSER}", "pytest", "-q", PYTHONPATH=str(installed))
    assert "2 passed, 1 skipped" in said, "its plugin is not built here"


@pytest.mark.parametrize("template", CLOUD)
def test_the_contract_is_kept(template: str, projects: Path, installed: Path) -> None:
    said = run(projects / f"acme_{template}", "pytest", "-q", PYTHONPATH=str(installed))
    assert re.search(rf"acme_{template}: (beta|stable)", said), said
    found = re.search(r"(\d+) passed", said)
    assert found is not None
    assert int(found[1]) > 15
