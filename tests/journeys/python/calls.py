"""What the Python libraries are asked to send."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

WANTED = {"All": True, "Nope": False}


def calls() -> Iterator[tuple[str, dict[str, Any]]]:
    """The six calls in turn: with one id and with two, ids that are numbers, times long past."""
    for number in itertools.count(1):
        user = {"user_id": number, "integrations": WANTED, "context": {"ip": "203.0.113.7"}}
        yield "identify", {**user, "traits": {"email": "ünï@example.com", "n": {"a": [1, None]}}}
        properties = {"revenue": 12.5, "most": 2**53 - 1, "on": datetime.now(tz=UTC)}
        yield "track", {**user, "event": "Order 🚀", "properties": properties}
        yield "page", {"anonymous_id": f"a-{number}", "name": "Home", "category": "Docs"}
        yield "screen", {"user_id": f"u-{number}", "name": "Main", "properties": {"build": 7}}
        past = datetime.now(tz=UTC) - timedelta(days=1)
        yield "group", {"user_id": "u", "group_id": 42, "timestamp": past}
        yield "alias", {"previous_id": f"a-{number}", "user_id": f"u-{number}"}
