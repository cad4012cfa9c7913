"""Passwords: kept as argon2id hashes, compared in one time whoever is asked about."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from headgate.control.errors import Invalid, Problem

FEWEST_CHARACTERS: Final = 8
"""As NIST SP 800-63B and ASVS 5.0 (6.2.1) ask for at least."""
MOST_BYTES: Final = 4096
"""In UTF-8. A longer text is refused before anything is computed of it."""
MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
"""19 MiB, 2 passes, 1 lane: what OWASP's cheat sheet on storing passwords recommends at least."""
AT_ONCE: Final = 2
"""How many are computed at a time: a flood of guesses takes no more memory than these."""

_HASHER = PasswordHasher(
    time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=32, salt_len=16
)
_TURN = BoundedSemaphore(AT_ONCE)
_NOBODYS: Final = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"
"""No password is known to have this hash, and finding that out takes as long as for any other."""


def hashed(password: str) -> str:
    """What is kept of a new password. Raises Invalid, with the field `password`."""
    raw = _bytes(password)
    if raw is None or len(password) < FEWEST_CHARACTERS:
        told = f"must have {FEWEST_CHARACTERS} characters or more, and at most {MOST_BYTES:,} bytes"
        raise Invalid([Problem("password", told)])
    with _TURN:
        return _HASHER.hash(raw)


def is_right(kept: str | None, password: str) -> bool:
    """Whether the password is the one whose hash is kept; None where nobody has one.

    Characters are compared as they are: no case is folded, nothing is normalised or cut, NUL is
    a character like any other. A password that nobody can have is wrong at once, for everybody.
    """
    raw = _bytes(password)
    if raw is None:
        return False
    with _TURN:
        return _verified(_NOBODYS if kept is None else kept, raw) and kept is not None


def _verified(kept: str, raw: bytes) -> bool:
    try:
        return _HASHER.verify(kept, raw)
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes | None:
    """None for what no password can be: too long, or no text that can be written down."""
    if len(password) > MOST_BYTES:
        return None
    try:
        raw = password.encode()
    except UnicodeEncodeError:
        return None
    return raw if len(raw) <= MOST_BYTES else None
