"""The six calls an app can make, and what the collection API names them."""

from __future__ import annotations

from typing import Final

CALLS: Final = ("identify", "track", "page", "screen", "group", "alias")
"""Every value that `type` of an event may have."""

MAX_MESSAGE_ID: Final = 100
"""Characters of a messageId (the limit of Segment's HTTP API)."""

MAX_EVENT: Final = 32 * 1024
"""Bytes of one event as sent."""

MAX_DEPTH: Final = 128
"""Levels of objects and lists in one event."""
