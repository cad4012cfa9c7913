"""Formats of texts: which function recognises each of them (kit-behaviour 6.5).

All of them take time in proportion to the text, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from headgate.kit.validation.formats import clock, dates, internet, legacy_dates, patterns

if TYPE_CHECKING:
    from headgate.mapping import Mode

__all__ = ["recogniser"]

_RECOGNISERS: dict[str, Callable[[str], bool]] = {
    "date": clock.is_date,
    "time": clock.is_time,
    "date-time": clock.is_date_time,
    "email": internet.is_email,
    "hostname": internet.is_hostname,
    "ipv4": internet.is_ipv4,
    "ipv6": internet.is_ipv6,
    "uri": internet.is_uri,
    "uri-reference": internet.is_uri_reference,
    "uri-template": internet.is_uri_template,
    "uuid": internet.is_uuid,
    "regex": patterns.is_pattern,
}
"""Formats by name; `password` and `text` take every text."""


def recogniser(name: str, mode: Mode) -> Callable[[str], bool] | None:
    """Give the function that recognises a format, or None where every text passes."""
    if name == "date-like":
        return _moment(legacy_dates.is_date_like if mode == "compatible" else dates.is_date_like)
    return _RECOGNISERS.get(name)


def _moment(is_date_like: Callable[[str], bool]) -> Callable[[str], bool]:
    """Try the usual form first."""
    return lambda text: clock.is_timestamp(text) or is_date_like(text)
