"""Fixtures of the fault tests."""

from __future__ import annotations

from random import Random, SystemRandom
from typing import TYPE_CHECKING

import pytest

from tests.faults.bad_disk import BadDisk, compiled
from tests.faults.judging import ALL, SLOTS
from tests.faults.mortal import Mortal
from tests.harness import fixtures
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import (
    balanced,
    judged,
    pytest_runtest_makereport,
    pytest_unconfigure,
    receiver,
    tell,
)
from tests.harness.receiver import slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.harness.receiver import Receiver

__all__ = ["balanced", "pytest_runtest_makereport", "pytest_unconfigure", "receiver"]


@pytest.fixture
def rng() -> Random:
    """Chance, new in each run; its seed is told."""
    seed = SystemRandom().randrange(1 << 32)
    tell(f"seed {seed}")
    return Random(seed)  # noqa: S311 - it must be possible to draw the same again


@pytest.fixture(scope="session")
def shim(needs: Callable[[str, str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`iofault.c` as a library."""
    compiler = needs("gcc", "apt-get install gcc libc6-dev")
    return compiled(compiler, tmp_path_factory.mktemp("iofault"))


@pytest.fixture
def bad_disk(shim: Path, tmp_path: Path) -> Iterator[BadDisk]:
    disk = BadDisk(shim, tmp_path)
    yield disk
    disk.close()


@pytest.fixture
def headgate(bad_disk: BadDisk, receiver: Receiver, tmp_path: Path) -> Iterator[Mortal]:
    """One whose disk fails on demand; its one connection's receiver takes 6 ms."""
    environ = {**bad_disk.environment, "HEADGATE_SLOTS": str(SLOTS)}
    headgate = Mortal(tmp_path / "headgate", environ=environ)
    headgate.apply(declaration(connection("all", receiver.url(ALL))))
    receiver.script(ALL, slow(0.006))
    before = len(fixtures.running)
    with judged(headgate):
        yield headgate
    del fixtures.running[before:]


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests told, once: other folders that run with this one print it, too."""
    fixtures.pytest_terminal_summary(terminalreporter)
    fixtures.told.clear()
