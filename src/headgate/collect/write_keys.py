"""Whose events these are: from the write key of a request to its source."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from headgate.collect.answers import KEYS_DIFFER, UNKNOWN_SOURCE, Answer

if TYPE_CHECKING:
    from headgate.collect.heads import Head
    from headgate.store.snapshot import Snapshot, Source

MASK = "***"
"""How a key ends that hides itself."""


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


def key_of(head: Head) -> str | None:
    """The key that a head names; that of the query counts only where clients send it there."""
    if head.write_key:
        return head.write_key.decode(errors="replace").partition(":")[0]
    if head.authorization:
        return key_in(head.authorization)
    if head.query and head.route is not None and head.route.key_in_query:
        return key_in_query(head.query)
    return None


def key_in_query(query: bytes) -> str | None:
    """`?writeKey=`; None without it, or when the query cannot be read."""
    try:
        return parse_qs(query.decode(), max_num_fields=1000).get("writeKey", [None])[-1]
    except ValueError:
        return None


def sources_by_key(snapshot: Snapshot) -> dict[str, Source]:
    """Every source of a snapshot under each of its write keys."""
    return {key: source for source in snapshot.sources.values() for key in source.write_keys}


class WriteKeys:
    """The sources of a snapshot by their write keys."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._sources = sources_by_key(snapshot)

    def knows(self, key: str) -> bool:
        return key in self._sources

    def source(self, in_head: str | None, in_body: str | None) -> Source | Answer:
        """The source that both keys (or the one there is) belong to, or the refusal.

        A key of the body that hides itself (`key:***`, as Jitsu sends it) is none.
        """
        if in_body and in_body.endswith(MASK):
            in_body = None
        if in_head and in_body and in_head != in_body:
            return KEYS_DIFFER
        return self._sources.get(in_head or in_body or "", UNKNOWN_SOURCE)
