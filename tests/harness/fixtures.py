"""Fixtures over the harness: what starts here is judged and ended, and its logs show a failure."""

from __future__ import annotations

import itertools
import os
from contextlib import ExitStack, contextmanager
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.harness.checks import check_balance
from tests.harness.commands import commands
from tests.harness.receiver import Receiver
from tests.harness.system import Headgate, unjudged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LONGEST_LOG = 20_000


class Start(Protocol):
    """Starts a Headgate of its own for a test: `start("--collect-processes", "2")`."""

    def __call__(self, *options: str, environ: Mapping[str, str] | None = None) -> Headgate: ...


@contextmanager
def judged(headgate: Headgate) -> Iterator[Headgate]:
    """Run it for a block; at its end the ledger balances, it stops in time and nothing broke."""
    running.append(headgate)
    try:
        yield headgate.start()
        check_balance(headgate.ledger())
        if headgate.is_running:
            headgate.stop()
        assert "Traceback" not in headgate.logs(), headgate.logs()
        running.remove(headgate)
    finally:
        headgate.end()
        headgate.excuse("it was judged here")


@pytest.fixture(autouse=True)
def balanced() -> Iterator[None]:
    """Whatever a test started, by any way, leaves books that balance, however it ended."""
    yield
    judge_rest()


def judge_rest() -> None:
    """Ask for the ledger of everything that was started, has ended, and was not asked yet."""
    ended = [each for each in unjudged if not each.is_running]
    for each in ended:
        unjudged.remove(each)
    for each in ended:
        check_balance(each.ledger())


running: list[Headgate] = []
"""What runs, for this test or for its module, and what did not end as it should."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    numbers = itertools.count(1)
    with ExitStack() as stack:

        def start_one(*options: str, environ: Mapping[str, str] | None = None) -> Headgate:
            folder = tmp_path / f"headgate-{next(numbers)}"
            headgate = Headgate(folder, options=options, environ=environ)
            return stack.enter_context(judged(headgate))

        yield start_one


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path / "receiver") as started:
        yield started


@pytest.fixture
def rng() -> Random:
    """Chance, new in each run; its seed is told."""
    seed = SystemRandom().randrange(1 << 32)
    tell(f"seed {seed}")
    return Random(seed)  # noqa: S311 - it must be possible to draw the same again


told: list[str] = []


def tell(text: str) -> None:
    """Have a line about this test, its counts, shown at the end of the run."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition("::")[2].partition(" ")[0]
    told.append(f"{test}: {text}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests told."""
    if told:
        terminalreporter.section("counts")
        for line in told:
            terminalreporter.write_line(line)


def pytest_unconfigure() -> None:
    """End what runs the commands."""
    commands.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Any:
    """Show what the systems of a test said when it fails."""
    report = yield
    if report.failed and call.excinfo is not None:
        report.sections += _sections(running)
    return report


def _sections(systems: Sequence[Headgate]) -> list[tuple[str, str]]:
    return [(f"log of {each.folder}", each.logs()[-LONGEST_LOG:]) for each in systems]
