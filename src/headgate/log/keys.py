"""Keyed hashes: of messages, to know them again, and of subjects, to find what is about them."""

from __future__ import annotations

from hashlib import blake2b

SIZE = 12
PREFIX = 8
SUBJECT = 8
_SPREAD = 0x9E3779B1
_WORD = 0xFFFFFFFF


class Keys:
    """Keyed hashes of (source, messageId), so that nobody outside can make two collide.

    The first 8 bytes depend on the messageId alone, so that one look-up finds the copies of a
    message in every source; the last 4 mix in the source (an odd factor keeps sources apart).
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._start = blake2b(key=secret, digest_size=SIZE)

    def of(self, source: int, message_id: str) -> bytes:
        """12 bytes for each (source, messageId)."""
        state = self._start.copy()
        state.update(message_id.encode())
        digest = state.digest()
        mixed = (int.from_bytes(digest[PREFIX:], "big") + source * _SPREAD) & _WORD
        return digest[:PREFIX] + mixed.to_bytes(4, "big")

    def subjects(self, source: int, user_id: str | None, anonymous_id: str | None) -> bytes:
        """8 bytes for each of the two ids that an event has, as subject sidecars hold them."""
        return b"".join(
            subject_hash(self._secret, source, identity)
            for identity in (user_id, anonymous_id)
            if identity is not None
        )


def subject_hash(secret: bytes, source: int, identity: str) -> bytes:
    """8 bytes for a userId or anonymousId of a source."""
    return blake2b(f"{source}\0{identity}".encode(), key=secret, digest_size=SUBJECT).digest()
