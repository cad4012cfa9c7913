"""Actions that send what people do, and what they buy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from headgate.destinations.braze.account import Account
from headgate.destinations.braze.people import UPDATE_ONLY, OnlyExisting, Person, identity
from headgate.destinations.braze.tracking import MOST, Entries, tracked
from headgate.kit import Discard, Fields, SyncModes, field, path
from headgate.kit.values import iso, present

MODES = SyncModes(
    "How to track events",
    {"add": "Create profiles that do not exist", "update": "Update profiles that exist"},
    default="add",
    description="What becomes of events of people whom Braze does not know.",
)


class Event(Person):
    email: str | None = field(
        "Email",
        "The person's e-mail address.",
        mapping=path("$.context.traits.email") | path("$.properties.email"),
    )
    name: str = field("Event Name", "What happened.", mapping=path("$.event"))
    time: datetime = field("Time", "When it happened.", mapping=path("$.receivedAt"))
    properties: dict[str, object] | None = field(
        "Event Properties", "What else is known of it.", mapping=path("$.properties")
    )


class FirstEvent(Event, OnlyExisting):
    """The event of the first version, which has a field where the second has sync modes."""


class Product(Fields, extra="allow"):
    product_id: str = field("Product ID", "Which product it is.")
    currency: str | None = field("Currency", "The code of the price's currency; USD, unless given.")
    price: float = field("Price", "What one of it costs.")
    quantity: int | None = field("Quantity", "How many were bought.")


class Purchase(Person):
    email: str | None = field(
        "Email", "The person's e-mail address.", mapping=path("$.traits.email")
    )
    time: datetime = field("Time", "When it was bought.", mapping=path("$.receivedAt"))
    products: list[Product] = field(
        "Products",
        "What was bought. Other members become properties of the purchase.",
        mapping=path("$.properties.products"),
        open_to_others=True,
    )
    properties: dict[str, object] | None = field(
        "Event Properties",
        "Properties of each purchase, beside those of the product.",
        mapping=path("$.properties"),
    )


class FirstPurchase(Purchase, OnlyExisting):
    """The purchase of the first version."""


def event(payload: Event, account: Account, mode: str | None) -> Entries:
    """Send an event of a person."""
    said = {
        "app_id": account.app_id,
        "name": payload.name,
        "time": iso(payload.time),
        "properties": payload.properties,
        UPDATE_ONLY: updates_only(payload, mode),
    }
    return [{**identity(payload, payload.email), **present(said)}]


def purchase(payload: Purchase, account: Account, mode: str | None) -> Entries:
    """Send a purchase for each product of an order."""
    if not payload.products:
        raise Discard("The order holds no products, so there is nothing to send.")
    if len(payload.products) > MOST:
        raise Discard(f"The order holds more than {MOST} products, the most that Braze takes.")
    others = {name: it for name, it in (payload.properties or {}).items() if name != "products"}
    said = {
        "app_id": account.app_id,
        "time": iso(payload.time),
        UPDATE_ONLY: updates_only(payload, mode),
    }
    order = {**identity(payload, payload.email), **present(said)}
    return [{**order, **_bought(product, others)} for product in payload.products]


def _bought(product: Product, others: dict[str, object]) -> dict[str, Any]:
    said = {
        "product_id": product.product_id,
        "currency": product.currency or "USD",
        "price": product.price,
        "quantity": product.quantity,
        "properties": {**(product.model_extra or {}), **others},
    }
    return present(said)


def updates_only(payload: Person, mode: str | None) -> bool | None:
    """Tell whether only profiles that exist are to be changed; None leaves it to Braze."""
    if mode is not None:
        return mode == "update"
    return payload.update_existing_only if isinstance(payload, OnlyExisting) else None


_NO_ORDER = 'type = "track" and event != "Order Completed"'
_ORDER = 'event = "Order Completed"'

track_event = tracked(
    "Track event", FirstEvent, event, to="events", slug="trackEvent", trigger=_NO_ORDER
)
track_event_2 = tracked(
    "Track event V2",
    Event,
    event,
    to="events",
    slug="trackEvent2",
    trigger=_NO_ORDER,
    sync_modes=MODES,
)
track_purchase = tracked(
    "Track purchase", FirstPurchase, purchase, to="purchases", slug="trackPurchase", trigger=_ORDER
)
track_purchase_2 = tracked(
    "Track purchase V2",
    Purchase,
    purchase,
    to="purchases",
    slug="trackPurchase2",
    trigger=_ORDER,
    sync_modes=MODES,
)
