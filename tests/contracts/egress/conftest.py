"""What the tests of the guard tell is shown at the end of the run."""

from __future__ import annotations

import pytest

from tests.harness import fixtures


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests told, once: other folders that run with this one print it, too."""
    fixtures.pytest_terminal_summary(terminalreporter)
    fixtures.told.clear()
