"""Cursors: where a page ends, sealed to one list, so that those of another are worth nothing."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import Any

import msgspec

_SEAL_BYTES = 8


class BadCursor(ValueError):
    """Nobody gave it out for this list."""


def sealed(after: Any, mark: str) -> str:
    """A cursor behind the item whose key is `after`; `mark` names the list, with its workspace."""
    body = msgspec.json.encode(after)
    return base64.urlsafe_b64encode(_seal(mark, body) + body).decode().rstrip("=")


def opened(cursor: str, mark: str) -> Any:
    """The key behind which a page begins. Raises BadCursor."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    seal, body = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    if not body or seal != _seal(mark, body):
        raise BadCursor("is none of this list: take it from an answer")
    return msgspec.json.decode(body)


def _seal(mark: str, body: bytes) -> bytes:
    return blake2b(mark.encode() + b"\0" + body, digest_size=_SEAL_BYTES).digest()
