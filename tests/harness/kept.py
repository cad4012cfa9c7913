"""Folders of packages that tests need: made once for what they are made from, then kept."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from typing import TYPE_CHECKING

import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def folder_of(content: bytes, fill: Callable[[Path], None]) -> Path:
    """Return the folder for this content, filled; another content gets another folder.

    A second test process waits for the first; what `fill` did not finish is done anew.
    """
    folder = run.TOOLS / "packages" / hashlib.sha256(content).hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "is-complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            fill(folder)
            (folder / "is-complete").touch()
    return folder
