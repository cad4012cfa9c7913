"""A data folder, and what is applied to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.declaring.apply import Applied
from headgate.control.declaring.apply import apply as apply_declaration
from headgate.control.declaring.declaration import parse
from headgate.folder import DataFolder
from headgate.store.snapshot import SnapshotReader
from tests.harness.fixtures import pytest_terminal_summary, rng
from tests.unit.control.pretend import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headgate.store.snapshot import Snapshot

__all__ = ["pytest_terminal_summary", "rng"]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


@pytest.fixture
def apply(folder: DataFolder) -> Callable[..., Applied]:
    """Apply a text with an environment of its own: `apply(text, prune=True, head={0: 7})`."""

    def applied(text: str, *, into: DataFolder = folder, **more: Any) -> Applied:
        given = {"head": {0: 1_000}, "environ": {}, "catalogue": CATALOGUE, **more}
        return apply_declaration(into, parse(text, CATALOGUE), **given)

    return applied


@pytest.fixture
def published(folder: DataFolder) -> Callable[[], Snapshot]:
    """What a role that starts now would hold."""

    def read() -> Snapshot:
        snapshot = SnapshotReader(folder.snapshots).refresh()
        assert snapshot is not None
        return snapshot

    return read
