"""Actions that send what people do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from pydantic import ConfigDict

from headgate.destinations.klaviyo.batches import send_valid
from headgate.destinations.klaviyo.connection import API, Account, errors, klaviyo
from headgate.destinations.klaviyo.people import a_country, a_phone
from headgate.destinations.klaviyo.phones import e164
from headgate.kit import (
    BatchResult,
    Discard,
    Fields,
    Http,
    ItemResult,
    Payload,
    Response,
    Retry,
    field,
    path,
)
from headgate.kit.values import iso, present

EVENTS = 1000
EVENT_BYTES = 4_500_000
"""Klaviyo takes 1,000 events and 5 MB in one job."""
_IDENTIFIERS = ("email", "phone_number", "external_id", "anonymous_id")
_POINTER = re.compile(r"/data/attributes/events-bulk-create/data/(\d+)", re.ASCII)


class Doer(Fields):
    """Who did it, and anything else to keep in their profile."""

    model_config = ConfigDict(extra="allow")

    email: str | None = field("E-mail", "The person's e-mail address.", format="email")
    phone_number: str | None = a_phone()
    country_code: str | None = a_country()
    external_id: str | None = field(
        "External ID", "Your ID of the person.", mapping=path("$.userId")
    )
    anonymous_id: str | None = field(
        "Anonymous ID",
        "The ID of somebody who is not known yet.",
        mapping=path("$.anonymousId"),
    )


class Deed(Payload):
    profile: Doer = field(
        "Profile",
        "Who did it: an e-mail, a phone number, an external or an anonymous ID is required.",
        open_to_others=True,
        mapping={"external_id": path("$.userId"), "anonymous_id": path("$.anonymousId")},
    )
    properties: dict[str, object] = field(
        "Properties", "What else is known of it.", mapping=path("$.properties")
    )
    time: datetime | None = field("Time", "When it happened.", mapping=path("$.timestamp"))
    value: float | None = field("Value", "What it is worth, as a number.")
    unique_id: str | None = field(
        "Unique ID", "Of events with the same ID, one counts.", mapping=path("$.messageId")
    )


class Event(Deed):
    metric_name: str = field("Metric name", "What happened.", mapping=path("$.event"))


class Order(Deed):
    products: list[dict[str, object]] | None = field(
        "Products", "The products of the order: each becomes an event of its own."
    )
    event_name: str | None = field(
        "Event name", "What the order's event is called.", mapping="Order Completed"
    )
    product_event_name: str | None = field(
        "Product event name",
        "What the event of each product is called.",
        mapping="Ordered Product",
    )


@klaviyo.action("Track event", slug="trackEvent", trigger='type = "track"')
async def track_event(http: Http, event: Event, _: Account) -> Response:
    """Send something that a person did."""
    return await send_event(http, attributes(event, event.metric_name), doer(event.profile))


@track_event.batch(up_to=EVENTS, up_to_bytes=EVENT_BYTES, is_default=True)
async def track_events(http: Http, events: Sequence[Event], _: Account) -> BatchResult:
    async def send(converted: list[dict[str, Any]]) -> BatchResult:
        data = {
            "type": "event-bulk-create-job",
            "attributes": {"events-bulk-create": {"data": converted}},
        }
        try:
            return await http.post(f"{API}/event-bulk-create-jobs/", json={"data": data})
        except Discard as refusal:
            return blamed(refusal, len(converted))

    return await send_valid(events, bulk_item, send)


@klaviyo.action("Order completed", slug="orderCompleted", trigger='type = "track"')
async def order_completed(http: Http, order: Order, _: Account) -> Response:
    """Send that a person ordered something, and an event for each product of the order."""
    who = doer(order.profile)
    answer = await send_event(http, attributes(order, order.event_name or "Order Completed"), who)
    if answer.status == HTTPStatus.ACCEPTED:
        for ordered in ordered_products(order, order.unique_id or http.idempotency_key):
            await send_event(http, ordered, who)
    return answer


async def send_event(http: Http, event: Mapping[str, Any], who: Mapping[str, Any]) -> Response:
    whole = {**event, "profile": {"data": {"type": "profile", "attributes": who}}}
    data = {"type": "event", "attributes": whole}
    return await http.post(f"{API}/events/", json={"data": data})


def doer(profile: Doer) -> dict[str, Any]:
    """Give the attributes of whoever did it. Raises `Discard` for nobody."""
    given = profile.model_dump(by_alias=True, exclude_unset=True, exclude={"country_code"})
    declared = [name for name in Doer.model_fields if given.get(name, ...) is None]
    known = {name: value for name, value in given.items() if name not in declared}
    if not any(known.get(name) for name in _IDENTIFIERS):
        raise Discard(
            "Klaviyo needs an e-mail, a phone number, an external ID or an anonymous ID in the "
            "profile: map one."
        )
    if phone := known.get("phone_number"):
        known["phone_number"] = e164(phone, profile.country_code)
    return known


def attributes(deed: Deed, name: str) -> dict[str, Any]:
    """Give the attributes of an event."""
    return {
        "properties": deed.properties,
        "metric": _metric(name),
        **present(
            {
                "time": iso(deed.time) if deed.time else None,
                "value": deed.value,
                "unique_id": deed.unique_id,
            }
        ),
    }


def bulk_item(event: Event) -> dict[str, Any]:
    """Give an event as one of many."""
    who = {"data": {"type": "profile", "attributes": doer(event.profile)}}
    data = [{"type": "event", "attributes": attributes(event, event.metric_name)}]
    return {
        "type": "event-bulk-create",
        "attributes": {"profile": who, "events": {"data": data}},
    }


def ordered_products(order: Order, order_id: str) -> list[dict[str, Any]]:
    """Give the event of each product: its own properties, then those of the order.

    Their ids follow from the order's, so that none counts twice when the order is sent again.
    """
    shared = {name: value for name, value in order.properties.items() if name != "products"}
    return [
        {
            "properties": {**shared, **product},
            "metric": _metric(order.product_event_name or "Ordered Product"),
            "unique_id": f"{order_id}:{index}",
            **present({"time": iso(order.time) if order.time else None}),
        }
        for index, product in enumerate(order.products or ())
    ]


def _metric(name: str) -> dict[str, Any]:
    return {"data": {"type": "metric", "attributes": {"name": name}}}


def blamed(refusal: Discard, count: int) -> list[ItemResult]:
    """Read which of `count` events Klaviyo refused; the others are sent again without them.

    Raises the refusal where it blames none.
    """
    told = {}
    for error in errors(refusal.response):
        source = error.get("source")
        pointer = source.get("pointer") if isinstance(source, dict) else None
        if found := _POINTER.search(str(pointer)):
            told[int(found[1])] = str(error.get("detail") or refusal)
    if not told:
        raise refusal
    again = Retry("Klaviyo refused another event of the same batch, and with it this one.")
    return [
        Discard(f"Klaviyo refused this event: {told[index]}", status=refusal.status)
        if index in told
        else again
        for index in range(count)
    ]
