"""One realistic sample of each call, as a client sends it: for tests, docs and the demo."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

_CONTEXT: Final = {
    "ip": "203.0.113.7",
    "library": {"name": "analytics-python", "version": "2.4.0"},
    "locale": "en-GB",
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
}

_SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "identify": {
        "userId": "u-1815",
        "traits": {
            "email": "ada@example.com",
            "name": "Ada Lovelace",
            "plan": "pro",
            "createdAt": "2026-01-05T09:30:00.000Z",
            "company": {"id": "c-7", "name": "Analytical Engines"},
        },
    },
    "track": {
        "userId": "u-1815",
        "event": "Order Completed",
        "properties": {
            "order_id": "o-10042",
            "revenue": 41.5,
            "currency": "EUR",
            "products": [
                {"product_id": "p-1", "name": "Punched cards", "price": 9.5, "quantity": 3},
                {"product_id": "p-2", "name": "Difference gear", "price": 13, "quantity": 1},
            ],
        },
    },
    "page": {
        "anonymousId": "a-4f1c2d",
        "name": "Pricing",
        "category": "Marketing",
        "properties": {
            "url": "https://www.example.com/pricing?utm_source=newsletter",
            "path": "/pricing",
            "search": "?utm_source=newsletter",
            "title": "Pricing",
            "referrer": "https://www.example.com/",
        },
    },
    "screen": {
        "userId": "u-1815",
        "name": "Cart",
        "properties": {"items": 2, "build": "412"},
    },
    "group": {
        "userId": "u-1815",
        "groupId": "c-7",
        "traits": {"name": "Analytical Engines", "employees": 12, "industry": "Computing"},
    },
    "alias": {"userId": "u-1815", "previousId": "a-4f1c2d"},
}


def sample(call: str) -> dict[str, Any]:
    """A fresh copy of the sample of a call, complete but for `messageId` and times."""
    return {"type": call, **deepcopy(_SAMPLES[call]), "context": deepcopy(_CONTEXT)}
