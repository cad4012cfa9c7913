"""Names that the store gives: a short prefix that tells the noun, then chance."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_lowercase + string.digits


def new_id(prefix: str) -> str:
    """`src_…`, `con_…`, `sub_…`, `wsp_…`: 20 characters of 5 bits each make clashes unreal."""
    return f"{prefix}_{_random(20)}"


def new_write_key() -> str:
    """A write key: public in every web page, yet not guessable from another."""
    return f"wk_{_random(24)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
