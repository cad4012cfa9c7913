"""Files that hold keys of 32 bytes in base64, one a line, readable for their owner alone."""

from __future__ import annotations

import base64
import os
import secrets
from typing import TYPE_CHECKING

from headgate.store.errors import SecretKeyUnusable
from headgate.store.locking import sync_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
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


def decoded_keys(text: bytes, where: str) -> tuple[bytes, ...]:
    """The keys that a file holds, one a line, the newest first. Raises SecretKeyUnusable."""
    return tuple(decoded_key(line, where) for line in text.splitlines() or [b""])


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def create_key(path: Path) -> None:
    """Make the file whole or not at all; of two makers at once, both end with one key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = _written(path, [new_key()])
    try:
        _link(fresh, path)
    finally:
        fresh.unlink()
    sync_folder(path.parent)


def replace_keys(path: Path, keys: Sequence[bytes]) -> None:
    """Have the file hold these instead: a reader sees all of the old or all of the new ones."""
    _written(path, keys).replace(path)
    sync_folder(path.parent)


def _written(path: Path, keys: Sequence[bytes]) -> Path:
    """A file beside, on disk already."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.writelines(base64.b64encode(key) + b"\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    return fresh


def _link(fresh: Path, path: Path) -> None:
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        return
