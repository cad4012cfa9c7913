"""The key of a message: how duplicates are recognised and a message is found again."""

from __future__ import annotations

from hashlib import blake2b

SIZE = 12
PREFIX = 8
_SPREAD = 0x9E3779B1
_WORD = 0xFFFFFFFF


class Keys:
    """Keyed hashes of (source, messageId), so that nobody outside can make two collide.

    The first 8 bytes depend on the messageId alone, so that one look-up finds the copies of a
    message in every source; the last 4 mix in the source (an odd factor keeps sources apart).
    """

    def __init__(self, secret: bytes) -> None:
        self._start = blake2b(key=secret, digest_size=SIZE)

    def of(self, source: int, message_id: str) -> bytes:
        """12 bytes for each (source, messageId)."""
        state = self._start.copy()
        state.update(message_id.encode())
        digest = state.digest()
        mixed = (int.from_bytes(digest[PREFIX:], "big") + source * _SPREAD) & _WORD
        return digest[:PREFIX] + mixed.to_bytes(4, "big")
