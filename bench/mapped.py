"""What the benchmark of mappings maps: orders with gaps, a trigger, a small and a large mapping."""

from __future__ import annotations

from random import Random
from typing import Any

from headgate.events.samples import sample

EVENTS = 5_000
TRIGGER = (
    'type = "track" and event != "Cart Viewed" and context.traits.plan != null '
    "and properties.revenue >= 1"
)
NAMES = (*("Order Completed", "Product Added", "Checkout Started") * 5, "Cart Viewed")
PLANS = (*("Free", "PRO", "enterprise") * 5, None)
GAPS = (
    *(("userId",), ("anonymousId",), ("context", "ip"), ("context", "traits", "email")),
    *(("properties", "coupon"), ("properties", "email"), ("properties", "products")),
    *(("properties", "shipping"), ("context", "page"), ("context", "campaign")),
)


def orders() -> list[dict[str, Any]]:
    """The same events in each run; a third of them lack something, and a third hold nulls."""
    rng = Random(1815)  # noqa: S311 - the same draw each time is the point
    return [_order(rng, number) for number in range(EVENTS)]


def _order(rng: Random, number: int) -> dict[str, Any]:
    event = sample("track")
    event |= {
        "type": "track",
        "event": rng.choice(NAMES),
        "userId": f"u-{number}",
        "anonymousId": f"a-{rng.getrandbits(64):x}",
        "messageId": f"m-{rng.getrandbits(64):x}",
        "timestamp": f"2026-11-22T07:20:{number % 60:02}.663Z",
    }
    event["context"] |= {
        "traits": {"email": f"Ada.{number}@Example.com", "plan": rng.choice(PLANS)},
        "page": {"url": f"https://www.example.com/p/{number}", "path": f"/p/{number}"},
        "campaign": {"source": "newsletter", "name": "autumn"},
        "device": {"type": "phone", "id": f"d-{number}"},
    }
    event["properties"] = {
        "order_id": f"o-{number}",
        "revenue": rng.randrange(0, 50_000) / 100,
        "shipping": rng.choice((4.5, 0, None)),
        "tax": 3,
        "currency": "EUR",
        "coupon": rng.choice(("AUTUMN-10", "")),
        "email": None if number % 2 else f"billing-{number}@example.com",
        "products": [_product(rng) for _ in range(rng.randrange(1, 4))],
        "gift": {"wrap": True, "message": "Für dich"},
    }
    _make_gap(event, rng)
    return event


def _product(rng: Random) -> dict[str, Any]:
    return {
        "product_id": f"p-{rng.randrange(1000)}",
        "name": "Punched cards",
        "price": rng.randrange(100, 5_000) / 100,
        "quantity": rng.randrange(1, 5),
        "brand": rng.choice(("Analytical", None)),
    }


def _make_gap(event: dict[str, Any], rng: Random) -> None:
    *above, last = rng.choice(GAPS)
    place = event
    for key in above:
        place = place[key]
    match rng.randrange(3):
        case 0:
            place.pop(last, None)
        case 1:
            place[last] = None


def path(place: str) -> dict[str, Any]:
    return {"@path": f"$.{place}"}


def either(first: str, second: str) -> dict[str, Any]:
    return {"@if": {"exists": path(first), "then": path(first), "else": path(second)}}


TEN: dict[str, Any] = {
    "user_id": path("userId"),
    "anonymous_id": path("anonymousId"),
    "event_name": path("event"),
    "email": either("properties.email", "context.traits.email"),
    "timestamp": path("timestamp"),
    "plan": {"@case": {"operator": "lower", "value": path("context.traits.plan")}},
    "summary": {"@template": "{{event}} by {{userId}} in {{properties.currency}}"},
    "value": path("properties.revenue"),
    "ip": path("context.ip"),
    "source": "website",
}

_DIRECT = {
    "message_id": "messageId",
    "order_id": "properties.order_id",
    "currency": "properties.currency",
    "shipping": "properties.shipping",
    "tax": "properties.tax",
    "coupon": "properties.coupon",
    "page_url": "context.page.url",
    "page_path": "context.page.path",
    "locale": "context.locale",
    "user_agent": "context.userAgent",
    "campaign_source": "context.campaign.source",
    "campaign_name": "context.campaign.name",
    "device_type": "context.device.type",
    "device_id": "context.device.id",
    "library": "context.library.name",
    "library_version": "context.library.version",
    "gift_wrap": "properties.gift.wrap",
    "gift_message": "properties.gift.message",
    "first_product": "properties.products.0.product_id",
    "term": "context.campaign.term",
}

FORTY: dict[str, Any] = {
    **TEN,
    **{field: path(place) for field, place in _DIRECT.items()},
    "items": {
        "@arrayPath": [
            "$.properties.products",
            {
                "id": path("product_id"),
                "name": path("name"),
                "price": path("price"),
                "quantity": path("quantity"),
                "brand": either("brand", "name"),
            },
        ]
    },
    "content_ids": {"@arrayPath": ["$.properties.products", {"id": path("product_id")}]},
    "phone_id": {
        "@replace": {
            "pattern": "-",
            "replacement": "",
            "value": path("properties.order_id"),
        }
    },
    "raw_gift": {"@json": {"mode": "encode", "value": path("properties.gift")}},
    "attributes": {
        "@merge": {
            "objects": [path("properties.gift"), path("context.device"), {"tier": "web"}],
            "direction": "right",
        }
    },
    "identifiers": {"user": path("userId"), "anonymous": path("anonymousId"), "kind": "order"},
    "domain": {"@case": {"operator": "upper", "value": path("context.page.path")}},
    "contact": either("context.traits.email", "properties.email"),
    "label": {"@template": "{{properties.order_id}}: {{properties.revenue}}"},
    "test": False,
}

MAPPINGS = {len(mapping): mapping for mapping in (TEN, FORTY)}
