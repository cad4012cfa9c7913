"""The secret that message keys and subject hashes are made with."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from headgate.disk import read_whole, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.disk import Disk

NAME = "key"
_SIZE = 16
_PAUSE = 0.001


def secret_of(disk: Disk, folder: Path) -> bytes:
    """16 random bytes, made once for the whole life of a log, whichever process asks first."""
    while True:
        try:
            return read_whole(disk, folder / NAME)
        except FileNotFoundError:
            _make(disk, folder)


def _make(disk: Disk, folder: Path) -> None:
    try:
        lock = disk.lock(folder / f"{NAME}.lock")
    except BlockingIOError:
        time.sleep(_PAUSE)  # another process is making it, which takes two syncs
        return
    try:
        if NAME not in disk.names(folder):
            write_whole(disk, folder / NAME, os.urandom(_SIZE))
    finally:
        lock.release()
