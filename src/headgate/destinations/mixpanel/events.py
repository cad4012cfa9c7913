"""Events and purchases: one import for any number of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from headgate.destinations.mixpanel import properties
from headgate.destinations.mixpanel.account import Project, mixpanel
from headgate.destinations.mixpanel.fields import Event, Purchase
from headgate.kit import BatchResult, Delivery, DeliveryError, Discard, Http, Response, Retry

if TYPE_CHECKING:
    from headgate.destinations.mixpanel.properties import Properties
    from headgate.kit import ItemResult

_BATCH = 1000
_MOST_EVENTS = 2000
_INVALID = 400
_LONGEST_REASON = 200


@mixpanel.action("Track event", slug="trackEvent", trigger='type = "track"')
async def track_event(http: Http, payload: Event, project: Project, delivery: Delivery) -> Response:
    """Send an event."""
    return await _import_one(http, project, [_event(http, payload, project, delivery)])


@track_event.batch(up_to=_BATCH, is_default=True)
async def track_events(
    http: Http, payloads: Sequence[Event], project: Project, deliveries: Sequence[Delivery]
) -> BatchResult:
    numbered = enumerate(zip(payloads, deliveries, strict=True))
    events = [[_event(http, p, project, d, place)] for place, (p, d) in numbered]
    return await _import(http, project, events)


@mixpanel.action("Track purchase", slug="trackPurchase", trigger='type = "track"')
async def track_purchase(
    http: Http, payload: Purchase, project: Project, delivery: Delivery
) -> Response:
    """Send an order, and one more event for each of its products."""
    return await _import_one(http, project, _purchase(http, payload, project, delivery))


@track_purchase.batch(up_to=_BATCH, is_default=True)
async def track_purchases(
    http: Http, payloads: Sequence[Purchase], project: Project, deliveries: Sequence[Delivery]
) -> BatchResult:
    numbered = enumerate(zip(payloads, deliveries, strict=True))
    events = [_purchase(http, p, project, d, place) for place, (p, d) in numbered]
    return await _import(http, project, events)


def _event(
    http: Http, payload: Event, project: Project, delivery: Delivery, place: int = 0
) -> Properties:
    made = properties.made_insert_id(delivery, f"{http.idempotency_key}-{place}")
    return properties.event(payload, project, now=http.now(), insert_id=made)


def _purchase(
    http: Http, payload: Purchase, project: Project, delivery: Delivery, place: int = 0
) -> list[Properties]:
    made = properties.made_insert_id(delivery, f"{http.idempotency_key}-{place}")
    return properties.purchase(payload, project, now=http.now(), insert_id=made)


async def _import_one(http: Http, project: Project, events: list[Properties]) -> Response:
    (result,) = await _import(http, project, [events])
    if isinstance(result, DeliveryError):
        raise result
    return result


async def _import(
    http: Http, project: Project, groups: Sequence[list[Properties]]
) -> list[ItemResult]:
    """Import the events of many payloads: a result for each payload.

    Mixpanel takes the valid events of a request and names the others; a payload fails with the
    first of its events that does.
    """
    owners = [owner for owner, events in enumerate(groups) for _ in events]
    events = [event for group in groups for event in group]
    results: dict[int, ItemResult] = {}
    for start in range(0, len(events), _MOST_EVENTS):
        end = start + _MOST_EVENTS
        answers = await _import_some(http, project, events[start:end])
        for owner, answer in zip(owners[start:end], answers, strict=True):
            if not isinstance(results.get(owner), DeliveryError):
                results[owner] = answer
    return [results[owner] for owner in range(len(groups))]


async def _import_some(http: Http, project: Project, events: list[Properties]) -> list[ItemResult]:
    try:
        response = await http.post(
            project.address("import"),
            params={"strict": project.strict_mode},
            json=events,
            basic=(project.api_secret, ""),
        )
    except Discard as error:
        if error.status != _INVALID or error.response is None:
            raise
        refused, response = dict(_refused(error.response)), error.response
        if not refused:
            raise
        return [refused.get(place, response) for place in range(len(events))]
    return [response] * len(events)


def _refused(response: Response) -> Iterator[tuple[int, Discard]]:
    """Give the places of the events that Mixpanel refused, and why."""
    for record in _records(response):
        if isinstance(record, dict) and isinstance(record.get("index"), int):
            message = str(record.get("message") or "it is not valid")[:_LONGEST_REASON]
            reason = f"Mixpanel refused this event: {message}."
            yield record["index"], Discard(reason, status=_INVALID, response=response)


def _records(response: Response) -> list[Any]:
    try:
        answer = response.json()
    except Retry:
        return []
    records = answer.get("failed_records") if isinstance(answer, dict) else None
    return records if isinstance(records, list) else []
