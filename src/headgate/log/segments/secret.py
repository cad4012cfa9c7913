"""The secret that message keys and subject hashes are made with."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from google_crc32c import value as crc32c

from headgate.disk import read_whole, write_whole
from headgate.log.errors import Damaged

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.disk import Disk

NAME = "key"
_SIZE, _CRC = 16, 4
_PAUSE = 0.001


def secret_of(disk: Disk, folder: Path) -> bytes:
    """16 random bytes, made once for the whole life of a log, whichever process asks first.

    Raises `Damaged`: with another secret every message would look new.
    """
    while True:
        try:
            raw = read_whole(disk, folder / NAME)
        except FileNotFoundError:
            _make(disk, folder)
            continue
        if len(raw) != _SIZE and raw != _checked(raw[:_SIZE]):  # the first logs had no checksum
            raise Damaged(
                f"{folder / NAME} does not match its checksum: restore it from a backup; without"
                " it no message of this log is known again"
            )
        return raw[:_SIZE]


def _checked(secret: bytes) -> bytes:
    return secret + int(crc32c(secret)).to_bytes(_CRC, "little")


def _make(disk: Disk, folder: Path) -> None:
    try:
        lock = disk.lock(folder / f"{NAME}.lock")
    except BlockingIOError:
        time.sleep(_PAUSE)  # another process is making it, which takes two syncs
        return
    try:
        if NAME not in disk.names(folder):
            write_whole(disk, folder / NAME, _checked(os.urandom(_SIZE)))
    finally:
        lock.release()
