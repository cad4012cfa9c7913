"""The keep role: a short-lived process that seals, merges and trims."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.folder import DataFolder
    from headgate.settings import Settings


async def run_keep(folder: DataFolder, settings: Settings) -> None:
    raise NotImplementedError
