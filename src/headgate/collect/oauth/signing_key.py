"""The key that access tokens are signed with, the same in all processes of a data folder."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from headgate.store.errors import SecretKeyUnusable
from headgate.store.key_file import create_key, decoded_key

if TYPE_CHECKING:
    from pathlib import Path


class Key(NamedTuple):
    """32 bytes, and the name by which tokens tell which key signed them."""

    secret: bytes
    name: bytes


class SigningKey:
    """The key in a file, which the first who needs it makes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.key: Key | None = None
        """None before `load`, and while the file can be neither read nor made."""

    def load(self) -> Key | None:
        """Read the file, or make it; a failure is logged, and the next call tries again."""
        if self.key is None:
            try:
                self.key = named(self._read())
            except (OSError, SecretKeyUnusable) as error:
                from headgate.telemetry import log

                log.error("oauth.key_unusable", path=str(self._path), error=str(error))
        return self.key

    def _read(self) -> bytes:
        if not self._path.exists():
            create_key(self._path)
        return decoded_key(self._path.read_bytes(), str(self._path))


def named(secret: bytes) -> Key:
    name = hashlib.sha256(b"headgate oauth key name" + secret).hexdigest()[:8]
    return Key(secret, name.encode())
