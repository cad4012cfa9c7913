"""Journeys go through the real program; each one ends with a balanced ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness.fixtures import (
    balanced,
    judged,
    pytest_runtest_makereport,
    pytest_terminal_summary,
    pytest_unconfigure,
    receiver,
    rng,
    start,
)
from tests.harness.receiver import Receiver
from tests.harness.system import Headgate
from tests.journeys.hooks import Hooks

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "balanced",
    "hooks",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
    "pytest_unconfigure",
    "receiver",
    "rng",
    "start",
]


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hooks]:
    """One Headgate for all tests of a module, with a source and a connection for each test.

    What a client sends again may come to another of its two processes.
    """
    folder = tmp_path_factory.mktemp("hooks")
    whole = Headgate(folder, options=("--collect-processes", "2"))
    with Receiver(folder / "receiver") as started, judged(whole) as headgate:
        yield Hooks(headgate, started)
