"""Whose events these are: from the write key of a request to its source."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import TYPE_CHECKING

from headgate.collect.answers import KEYS_DIFFER, UNKNOWN_SOURCE, Answer

if TYPE_CHECKING:
    from headgate.store.snapshot import Snapshot, Source


@lru_cache(maxsize=4096)
def key_in(authorization: bytes) -> str | None:
    """The user name of Basic authentication; the colon behind it may be missing."""
    scheme, _, credentials = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return decoded.partition(":")[0] or None


class WriteKeys:
    """The sources of a snapshot by their write keys."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._sources: dict[str, Source] = {
            key: source for source in snapshot.sources.values() for key in source.write_keys
        }

    def source(self, in_header: str | None, in_body: str | None) -> Source | Answer:
        """The source that both keys (or the one there is) belong to, or the refusal."""
        if in_header and in_body and in_header != in_body:
            return KEYS_DIFFER
        return self._sources.get(in_header or in_body or "", UNKNOWN_SOURCE)
