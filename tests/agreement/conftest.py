"""Fixtures of the tests that compare our destinations with the originals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.agreement.originals import Originals
from tests.conftest import absent
from tests.harness.fixtures import pytest_terminal_summary
from tests.harness.node import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["pytest_terminal_summary"]


@pytest.fixture(scope="session")
def originals() -> Iterator[Originals]:
    """The original destinations; absent Node.js skips the test, and in CI it fails."""
    try:
        started = Originals()
    except Unavailable as unavailable:
        absent(str(unavailable))
    with started:
        yield started
