"""What must be true before roles start: the store is current and its snapshot published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control.publication import publish_current
from headgate.store.database import open_store

if TYPE_CHECKING:
    from headgate.folder import DataFolder


def settle(folder: DataFolder) -> int:
    """Migrate the store and publish what is committed; returns the version in force."""
    with open_store(folder) as store:
        return publish_current(store)
