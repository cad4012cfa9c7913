"""Fixtures for all tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def needs() -> Callable[[str, str], Path]:
    """Find a program by `needs(name, cure)`, or skip with the cure; in CI a missing one fails.

    `cure` is what to do about it, such as `apt-get install gcc`.
    """

    def find(program: str, cure: str) -> Path:
        found = shutil.which(program)
        if found is None:
            absent(f"needs {program}: {cure}")
        return Path(found)

    return find


def absent(reason: str) -> NoReturn:
    if os.environ.get("HEADGATE_REQUIRE_SERVICES"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
