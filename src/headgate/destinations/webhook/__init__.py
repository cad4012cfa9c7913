"""Webhook: send events to any URL, signed."""

from collections.abc import Sequence
from typing import Literal

from pydantic import field_validator

from headgate.destinations.webhook import signing
from headgate.kit import (
    Destination,
    Http,
    Listing,
    Payload,
    Response,
    Settings,
    field,
    path,
)

_SIZE, _MOST = 1000, 4000
"""Events in one request: usually, and at most, as at Segment."""


class Endpoint(Settings):
    shared_secret: str | None = field(
        "Shared secret",
        "Signs every request, so that the receiver can tell it from a forged one. "
        "After `whsec_` it is base64, as in Standard Webhooks; any other is taken as it is.",
        secret=True,
        key="sharedSecret",
    )

    @field_validator("shared_secret")
    @classmethod
    def _is_a_key(cls, secret: str | None) -> str | None:
        if secret is not None:
            signing.key(secret)
        return secret


class Message(Payload):
    url: str = field("URL", "Where to send the request.", format="uri")
    method: Literal["POST", "PUT", "PATCH"] = field(
        "Method", "The HTTP method of the request.", default="POST"
    )
    headers: dict[str, str | None] | None = field(
        "Headers", "Headers to send beside Headgate's own. One without a value is left out."
    )
    data: dict[str, object] | None = field(
        "Data", "The body of the request, sent as JSON.", mapping=path("$.")
    )


webhook = Destination(
    "Webhook",
    settings=Endpoint,
    docs="https://www.standardwebhooks.com/",
    description="Send events to any URL.",
    listing=Listing(
        categories=("Raw Data",),
        glyph=("W", "#2f6f4f"),
        previous_names=("Webhook (Actions)", "Webhooks"),
    ),
)


@webhook.action("Send")
async def send(http: Http, message: Message, endpoint: Endpoint) -> Response:
    """Send an event, or what a mapping makes of it, to a URL."""
    body = b"" if message.data is None else http.encode(message.data)
    return await _sent(http, message, endpoint, body)


@send.batch(up_to=_MOST, size=_SIZE, keys=("url", "method", "headers"))
async def send_batch(http: Http, messages: Sequence[Message], endpoint: Endpoint) -> Response:
    """Send the data of all events as one list, which is signed as a whole.

    URL, method and headers are the batch keys, so those of the first event are those of all.
    """
    body = http.encode([message.data for message in messages])
    return await _sent(http, messages[0], endpoint, body)


async def _sent(http: Http, message: Message, endpoint: Endpoint, body: bytes) -> Response:
    headers = {name: value for name, value in (message.headers or {}).items() if value is not None}
    headers |= signing.headers(
        body, message_id=http.idempotency_key, secret=endpoint.shared_secret, at=int(http.now())
    )
    return await http.send(message.method, message.url, body=body, headers=headers)
