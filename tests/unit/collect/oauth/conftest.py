"""A snapshot with an OAuth app, and a clock that stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.collect.oauth import SigningKey
from tests.unit.collect.oauth.setting import Standing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clock() -> Standing:
    return Standing()


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    made = SigningKey(tmp_path / "oauth.key")
    assert made.load() is not None
    return made
