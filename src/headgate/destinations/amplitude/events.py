"""Events and purchases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headgate.destinations.amplitude import properties
from headgate.destinations.amplitude.account import Account, amplitude
from headgate.destinations.amplitude.fields import Attribution, Event, Sale
from headgate.destinations.amplitude.properties import Properties
from headgate.destinations.amplitude.refusals import of_each
from headgate.kit import BatchResult, Discard, Fields, Http, Response, field, path

_BATCH_KEYS = ("use_batch_endpoint", "min_id_length")
_MOST_EVENTS = 1000
_MOST_BYTES = 800_000  # Amplitude takes a megabyte, with what is added to the payloads


class LoggedEvent(Event, Attribution):
    """An event whose properties of the person are set with the campaign."""


class Initial(Fields, extra="allow"):
    initial_referrer: str | None = field("Initial referrer", "The first page before.")
    initial_utm_source: str | None = field(
        "Initial UTM source", "Where the person came from first."
    )
    initial_utm_medium: str | None = field("Initial UTM medium", "By which medium.")
    initial_utm_campaign: str | None = field(
        "Initial UTM campaign", "The name of the first campaign."
    )
    initial_utm_term: str | None = field("Initial UTM term", "What was searched for.")
    initial_utm_content: str | None = field("Initial UTM content", "Which of several links it was.")


class Current(Fields, extra="allow"):
    referrer: str | None = field("Referrer", "The page before.")
    utm_source: str | None = field("UTM source", "Where the person came from.")
    utm_medium: str | None = field("UTM medium", "By which medium.")
    utm_campaign: str | None = field("UTM campaign", "The name of the campaign.")
    utm_term: str | None = field("UTM term", "What was searched for.")
    utm_content: str | None = field("UTM content", "Which of several links it was.")


class Added(Fields, extra="allow"):
    """Numbers by the name of their property."""


class EventWithOperations(Event):
    """An event that says what is set once, always, or added."""

    set_once: Initial | None = field(
        "Set once",
        "Properties of the person that are set unless they are there.",
        key="setOnce",
        open_to_others=True,
        mapping={
            "initial_referrer": path("$.context.page.referrer"),
            "initial_utm_source": path("$.context.campaign.source"),
            "initial_utm_medium": path("$.context.campaign.medium"),
            "initial_utm_campaign": path("$.context.campaign.name"),
            "initial_utm_term": path("$.context.campaign.term"),
            "initial_utm_content": path("$.context.campaign.content"),
        },
    )
    set_always: Current | None = field(
        "Set always",
        "Properties of the person that are set each time.",
        key="setAlways",
        open_to_others=True,
        mapping={
            "referrer": path("$.context.page.referrer"),
            "utm_source": path("$.context.campaign.source"),
            "utm_medium": path("$.context.campaign.medium"),
            "utm_campaign": path("$.context.campaign.name"),
            "utm_term": path("$.context.campaign.term"),
            "utm_content": path("$.context.campaign.content"),
        },
    )
    add: Added | None = field(
        "Add",
        "Numbers to add to properties of the person; negative ones subtract.",
        open_to_others=True,
    )


class Purchase(LoggedEvent):
    track_revenue_per_product: bool | None = field(
        "Track revenue per product",
        "Count the revenue with each product rather than once with the order.",
        key="trackRevenuePerProduct",
        mapping=False,
    )


@amplitude.action("Log event", slug="logEvent", trigger='type = "track"')
async def log_event(http: Http, payload: LoggedEvent, account: Account) -> Response:
    """Log an event. Campaign and referrer become properties of the person."""
    return await _send(http, account, payload, [logged_event(payload)])


@amplitude.action("Log event V2", slug="logEventV2", trigger='type = "track"')
async def log_event_v2(http: Http, payload: EventWithOperations, account: Account) -> Response:
    """Log an event, and say which properties of the person to set, set once, or add to."""
    return await _send(http, account, payload, [event_with_operations(payload)])


@amplitude.action("Log purchase", slug="logPurchase", trigger='type = "track"')
async def log_purchase(http: Http, payload: Purchase, account: Account) -> Response:
    """Log an order with its revenue, and one more event for each of its products."""
    return await _send(http, account, payload, purchase(payload))


@log_event.batch(up_to=_MOST_EVENTS, up_to_bytes=_MOST_BYTES, keys=_BATCH_KEYS)
async def log_events(http: Http, payloads: Sequence[LoggedEvent], account: Account) -> BatchResult:
    return await _send_all(http, account, payloads[0], [*map(logged_event, payloads)])


@log_event_v2.batch(up_to=_MOST_EVENTS, up_to_bytes=_MOST_BYTES, keys=_BATCH_KEYS)
async def log_events_v2(
    http: Http, payloads: Sequence[EventWithOperations], account: Account
) -> BatchResult:
    return await _send_all(http, account, payloads[0], [*map(event_with_operations, payloads)])


def logged_event(payload: LoggedEvent) -> Properties:
    return _complete(payload, _with_attribution(payload))


def event_with_operations(payload: EventWithOperations) -> Properties:
    event = properties.event(payload)
    operations = {
        "$setOnce": payload.set_once,
        "$set": payload.set_always,
        "$add": payload.add,
    }
    said = {name: _members(each) for name, each in operations.items() if each}
    filled = {name: members for name, members in said.items() if _is_filled(members)}
    if filled:
        event["user_properties"] = {**(payload.user_properties or {}), **filled}
    return _complete(payload, event)


def purchase(payload: Purchase) -> list[Properties]:
    """Give the event of an order, and those of its products."""
    order = _with_attribution(payload, "products")
    sales = payload.products or []
    by_product = bool(payload.track_revenue_per_product)
    counted = {} if sales and by_product else properties.revenue(payload)
    products = [
        _sold(payload, order, sale, number, by_product=by_product)
        for number, sale in enumerate(sales, 2)
    ]
    return [_complete(payload, {**order, **counted}), *products]


def _sold(
    payload: Purchase, order: Properties, sale: Sale, number: int, *, by_product: bool
) -> Properties:
    insert_id = {"insert_id": f"{payload.insert_id}-{number}"} if payload.insert_id else {}
    return {
        **order,
        **(properties.revenue(sale) if by_product else {}),
        "event_properties": sale.model_dump(by_alias=True, exclude_unset=True),
        "event_type": "Product Purchased",
        **insert_id,
        **_library(payload),
    }


def _with_attribution(payload: LoggedEvent, *without: str) -> Properties:
    event = properties.event(payload, *without)
    if parts := properties.attribution(payload):
        own = properties.own(payload.user_properties)
        event["user_properties"] = properties.merged(*parts, own)
    return event


def _complete(payload: Event, event: Properties) -> Properties:
    return {**properties.agent(payload), **event, **_library(payload)}


def _library(payload: Event) -> Properties:
    library = properties.library(payload)
    return {} if library is None else {"library": library}


def _members(of: Fields) -> Properties:
    return of.model_dump(exclude_unset=True)


def _is_filled(members: Properties) -> bool:
    return any(value != "" for value in members.values())


async def _send(http: Http, account: Account, payload: Event, events: list[Properties]) -> Response:
    body: dict[str, Any] = {"api_key": account.api_key, "events": events}
    if payload.min_id_length and payload.min_id_length > 0:
        body["options"] = {"min_id_length": payload.min_id_length}
    address = account.address("batch" if payload.use_batch_endpoint else "2/httpapi")
    return await http.post(address, json=body)


async def _send_all(
    http: Http, account: Account, payload: Event, events: list[Properties]
) -> BatchResult:
    """Send many events with the options of one, which all share."""
    try:
        return await _send(http, account, payload, events)
    except Discard as error:
        return of_each(error, len(events))
