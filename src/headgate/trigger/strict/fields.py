"""The fields of an event that a strict trigger can name; others are taken for slips of the pen."""

from __future__ import annotations

import re
from difflib import get_close_matches

PLAIN = (
    "type",
    "event",
    "name",
    "userId",
    "anonymousId",
    "groupId",
    "previousId",
    "messageId",
    "category",
    "channel",
    "version",
    "timestamp",
    "originalTimestamp",
    "receivedAt",
    "sentAt",
    "projectId",
)
"""Fields that have no parts."""

PARTED = ("properties", "traits", "context", "integrations", "_metadata")
"""Fields with fields of their own, which can have any name."""

_CAPITAL = re.compile(r"(?=[A-Z])")


def _snake(name: str) -> str:
    return _CAPITAL.sub("_", name).lower()


ROOTS: dict[str, str] = {_snake(name): name for name in PLAIN} | {
    name: name for name in (*PLAIN, *PARTED)
}
"""Every name of a field, with the field: `received_at` is another name of `receivedAt`."""


def nearest(name: str) -> str | None:
    """Give the field that somebody may have meant."""
    found = get_close_matches(name, (*PLAIN, *PARTED), n=1)
    return found[0] if found else None
