"""One event with a value of every kind, for the tests of triggers."""

from __future__ import annotations

from typing import Any

EVENT: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u-1",
    "anonymousId": "a-1",
    "messageId": "m-1",
    "name": None,
    "receivedAt": "2026-05-01T10:00:00.000Z",
    "properties": {
        "total": 27.5,
        "count": 3,
        "one": 1,
        "zero": 0,
        "vip": True,
        "gift": False,
        "coupon": None,
        "empty": "",
        "plan": "pro",
        "three": "3",
        "tags": ["a", "b", 1],
        "address": {"city": "Köln", "zip.code": "50667"},
        "product 1": "Mug",
    },
    "context": {"page": {"path": "/checkout"}, "traits": {"email": "ada@example.com"}},
    "integrations": {"All": True},
}
