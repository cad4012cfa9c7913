"""Conversions of values that many destinations need: moments, hashes, absent members."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from headgate.mapping.javascript import dates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

K = TypeVar("K")
V = TypeVar("V")
Algorithm: TypeAlias = Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
Encoding: TypeAlias = Literal["hex", "base64"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

__all__ = [
    "epoch_milliseconds",
    "epoch_seconds",
    "hashed",
    "is_email",
    "is_hashed",
    "iso",
    "present",
]


def epoch_milliseconds(moment: str | datetime) -> int | None:
    """Give milliseconds since 1970; None for a text that JavaScript reads no date in.

    What names no time zone is in UTC.
    """
    if isinstance(moment, str):
        return dates.parse(moment)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MILLISECOND  # a float of seconds would lose some


def epoch_seconds(moment: str | datetime) -> int | None:
    """Give whole seconds since 1970, rounded down; None as `epoch_milliseconds` does."""
    milliseconds = epoch_milliseconds(moment)
    return None if milliseconds is None else milliseconds // 1000


def iso(moment: datetime) -> str:
    """Write a moment as JavaScript's `toISOString`: `2026-01-02T03:04:05.678Z`."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    utc = aware.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def is_email(text: str) -> bool:
    """Tell an e-mail address, as the format `email` of a field does."""
    from headgate.kit.validation.formats import internet  # declaring needs none of it

    return internet.is_email(text)


def present(members: Mapping[K, V | None]) -> dict[K, V]:
    """Leave out the members that are None."""
    return {key: value for key, value in members.items() if value is not None}


def hashed(
    value: str,
    algorithm: Algorithm = "sha256",
    encoding: Encoding = "hex",
    clean: Callable[[str], str] = str,
) -> str:
    """Hash a text after cleaning it; one that has the form of such a hash stays as it is.

    A blank text is no identity, and gives "" (kit-behaviour 13).
    """
    if not value.strip():
        return ""
    if is_hashed(value, algorithm, encoding):
        return value
    digest = hashlib.new(algorithm, clean(value).encode(), usedforsecurity=False)
    return digest.hexdigest() if encoding == "hex" else b64encode(digest.digest()).decode()


def is_hashed(value: str, algorithm: Algorithm = "sha256", encoding: Encoding = "hex") -> bool:
    """Tell whether a text has the length and the letters of a hash."""
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    if encoding == "hex":
        return re.fullmatch(rf"[0-9a-fA-F]{{{size * 2}}}", value) is not None
    length = -(-size // 3) * 4
    return len(value) == length and re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value) is not None
