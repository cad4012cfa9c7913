"""Requests to the API, made of what a mapping gave, for one event or for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from headgate.destinations.http_api.answers import judge
from headgate.destinations.http_api.api import Api, http_api
from headgate.kit import DeliveryError, Http, ItemResult, Payload, Response, field, path

_LEAST, _MOST = 200, 599
"""The statuses that an answer can end with."""


class Call(Payload):
    method: Literal["POST", "PUT", "PATCH", "GET", "DELETE"] = field(
        "Method", "The HTTP method of the request.", default="POST"
    )
    address: str | None = field(
        "Address", "What follows the base address, or a full address on the same host."
    )
    query: dict[str, object] | None = field(
        "Query", "Parameters of the address. A list repeats its name, null leaves it out."
    )
    headers: dict[str, str | None] | None = field(
        "Headers", "Headers to send beside those of the settings. One without a value is left out."
    )
    body: dict[str, object] | None = field(
        "Body", "What is sent. With GET there is none.", mapping=path("$.")
    )
    encoding: Literal["json", "form"] = field(
        "Encoding", "How the body is written.", default="json"
    )
    delivered_on: list[int] | None = field(
        "Also delivered on",
        "Statuses, beside 2xx, that mean success: 409 where it says that it is there already.",
        minimum=_LEAST,
        maximum=_MOST,
    )
    retry_on: list[int] | None = field(
        "Also retried on",
        "Statuses after which the event is tried again, beside those where it is anyway.",
        minimum=_LEAST,
        maximum=_MOST,
    )
    discard_on: list[int] | None = field(
        "Also discarded on",
        "Statuses after which the event is not tried again.",
        minimum=_LEAST,
        maximum=_MOST,
    )

    @property
    def goes_alone(self) -> bool:
        """Whether no list can hold it together with others."""
        return self.encoding == "form" or self.sent is None

    @property
    def sent(self) -> dict[str, object] | None:
        return None if self.method == "GET" else self.body


@http_api.action("Request")
async def request(http: Http, call: Call, api: Api) -> Response:
    """Send one request for each event."""
    return await _sent(http, call, api, call.sent)


@request.batch(keys=("method", "address", "query"))
async def request_batch(http: Http, calls: Sequence[Call], api: Api) -> Sequence[ItemResult]:
    """Send the bodies of many events as one list.

    Only requests that are the same but for their bodies come together. Forms and requests without
    a body each go alone.
    """
    results: dict[int, ItemResult] = {}
    for number, places in enumerate(_together(http, calls)):
        first = calls[places[0]]
        listed = first.sent if first.goes_alone else [calls[place].sent for place in places]
        key = f"{http.idempotency_key}-{number + 1}" if number else http.idempotency_key
        result = await _result(http.carrying(headers={"Idempotency-Key": key}), first, api, listed)
        results |= dict.fromkeys(places, result)
    return [results[place] for place in range(len(calls))]


async def _result(http: Http, call: Call, api: Api, body: object) -> ItemResult:
    try:
        return await _sent(http, call, api, body)
    except DeliveryError as error:
        return error


def _together(http: Http, calls: Sequence[Call]) -> list[list[int]]:
    """Give the places of the calls that go in one request, request by request."""
    groups: dict[object, list[int]] = {}
    for place, call in enumerate(calls):
        rest = http.encode(call.model_dump(exclude={"body"}))
        groups.setdefault(place if call.goes_alone else rest, []).append(place)
    return [*groups.values()]


async def _sent(http: Http, call: Call, api: Api, body: object) -> Response:
    given = (call.headers or {}).items()
    sending = http.send(
        call.method,
        api.full(call.address or ""),
        params=_flat(http, call.query),
        headers={name: value for name, value in given if value is not None},
        **_body(http, call, body),
    )
    return await judge(
        sending,
        at=http.now,
        delivered=call.delivered_on or (),
        retry=call.retry_on or (),
        discard=call.discard_on or (),
    )


def _body(http: Http, call: Call, body: object) -> Any:
    if body is None:
        return {}
    if call.encoding == "form" and isinstance(body, dict):
        return {"form": _flat(http, body)}
    return {"json": body}


def _flat(http: Http, members: Mapping[str, Any] | None) -> dict[str, Any]:
    """Write objects as JSON: neither a form nor a query has a form for them."""
    return {
        name: http.encode(value).decode() if isinstance(value, dict) else value
        for name, value in (members or {}).items()
    }
