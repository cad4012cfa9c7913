"""Times that clients send, and the correction of their clocks."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH_SECONDS = 100_000_000_000
"""A number below this is seconds (until the year 5138), one above it milliseconds."""
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
_LONGEST = 2000
_YEAR_1, _YEAR_9999 = -62_135_596_800_000, 253_402_300_799_999


def parse_ms(value: str | float | None) -> int | None:
    """Milliseconds since 1970 of an ISO 8601 text or an epoch number; None if it is neither."""
    if isinstance(value, str):
        return _parse_text(value)
    if value is None:
        return None
    ms = value * 1000 if value < _EPOCH_SECONDS else value
    return int(ms) if 0 <= ms <= _YEAR_9999 else None


def _parse_text(text: str) -> int | None:
    moment = _moment(text) or _moment(_LONG_FRACTION.sub(r"\1", text[:_LONGEST].strip()))
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        ms = round(moment.timestamp() * 1000)
    except (OverflowError, ValueError):
        return None
    return ms if _YEAR_1 <= ms <= _YEAR_9999 else None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def corrected(received_at: int, sent_at: int | None, original: int | None) -> int:
    """`receivedAt - (sentAt - originalTimestamp)`, all in milliseconds (domain section 1).

    Without `sentAt` the client's time stands, which historical imports need; without a time of
    the client the event happened when it arrived. A correction out of every calendar is none.
    """
    if original is None:
        return received_at
    if sent_at is None:
        return original
    moment = received_at - (sent_at - original)
    return moment if _YEAR_1 <= moment <= _YEAR_9999 else original
