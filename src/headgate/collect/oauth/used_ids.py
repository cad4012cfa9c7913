"""Which assertions were used already, over all processes and restarts of a data folder."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

import msgspec

from headgate.store.locking import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

KEPT_SECONDS = 300
"""Far longer than an assertion can be of use: until `exp`, which is at most a minute away."""
_TIDY_SECONDS = 30


class UsedIds:
    """An empty file for each, made by whoever comes first: the file system judges a race."""

    def __init__(self, folder: Path, *, kept_seconds: float = KEPT_SECONDS) -> None:
        self._folder, self._kept = folder, kept_seconds
        self._tidied = 0.0

    def take(self, app: str, jti: str) -> bool:
        """True for the first who asks, durably. Raises OSError; call it in a thread."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._tidy(time.time())
        name = hashlib.blake2b(msgspec.json.encode((app, jti)), digest_size=20).hexdigest()
        try:
            os.close(os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        sync_folder(self._folder)
        return True

    def _tidy(self, now: float) -> None:
        """Remove what is too old to matter, now and then."""
        if abs(now - self._tidied) < min(_TIDY_SECONDS, self._kept):
            return
        self._tidied = now
        for path in list(self._folder.iterdir()):
            try:
                if path.stat().st_mtime < now - self._kept:
                    path.unlink()
            except FileNotFoundError:
                continue  # another process was quicker
