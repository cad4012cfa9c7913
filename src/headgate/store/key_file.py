"""Files that hold one key of 32 bytes in base64, readable for their owner alone."""

from __future__ import annotations

import base64
import os
import secrets
from typing import TYPE_CHECKING

from headgate.store.errors import SecretKeyUnusable
from headgate.store.locking import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES = 32


def decoded_key(text: str | bytes, where: str) -> bytes:
    """The key that `where` holds as base64. Raises SecretKeyUnusable."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        raise SecretKeyUnusable(f"{where} is not base64: it must hold 32 bytes in it") from None
    if len(key) != KEY_BYTES:
        raise SecretKeyUnusable(f"{where} holds {len(key)} bytes: a secret key has 32")
    return key


def create_key(path: Path) -> None:
    """Make the file whole or not at all; of two makers at once, both end with one key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        os.fsync(file)
        _link(fresh, path)
    finally:
        os.close(file)
        fresh.unlink()
    sync_folder(path.parent)


def _link(fresh: Path, path: Path) -> None:
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        return
