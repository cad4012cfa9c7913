"""Waiting for somebody to edit a destination."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

EVERY_SECONDS: Final = 0.2


def changes(
    folders: Sequence[Path], *, besides: Path | None = None, every: float = EVERY_SECONDS
) -> Iterator[None]:
    """Give something each time the Python files below these folders have changed."""
    own = besides.resolve() if besides else None
    seen = _seen(folders, own)
    while True:
        time.sleep(every)
        now = _seen(folders, own)
        if now != seen:
            seen = now
            yield


def _seen(folders: Sequence[Path], own: Path | None) -> dict[Path, tuple[int, int]]:
    files = {file for folder in folders for file in folder.rglob("*.py")}
    return {file: mark for file in files if file.resolve() != own and (mark := _mark(file))}


def _mark(file: Path) -> tuple[int, int] | None:
    try:
        state = file.stat()
    except FileNotFoundError:
        return None
    return state.st_mtime_ns, state.st_size
