"""The request of direct destinations, and the contract about its answers."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from headgate.kit.errors import DeliveryError, Retry
from headgate.kit.fields import Payload, Settings, field
from headgate.kit.masking import masked
from headgate.mapping import path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.kit.http import Http
    from headgate.kit.http.request import Response

LONGEST: Final = 200
"""Characters of an endpoint's message that are shown."""
_SECURE = re.compile(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)", re.IGNORECASE)


class Customer(Settings):
    """Every direct destination has a key for each customer."""

    api_key: str = field(
        "API key", "From the account at the destination.", secret=True, key="apiKey"
    )


class Event(Payload):
    event: dict[str, object] = field(
        "Event", "What the endpoint receives.", mapping=path("$."), category="data"
    )


class Endpoint(NamedTuple):
    """Where events of a customer go; `settings` are sent along, `secrets` are never shown."""

    address: str
    api_key: str
    settings: Mapping[str, Any]
    secrets: tuple[str, ...]


def secure_address(address: str) -> str:
    """Check the address of an endpoint. Raises `ValueError`: keys travel encrypted or not at all.

    For trying it out, an endpoint on the same machine may use http.
    """
    if not _SECURE.match(address):
        raise ValueError("the address must begin with https://")
    return address


async def post(http: Http, event: Event, endpoint: Endpoint) -> Response:
    """Send one event. The message of a refusal is shown with its reason (domain 18)."""
    settings = b64encode(http.encode(endpoint.settings)).decode()
    try:
        return await http.post(
            endpoint.address,
            json=event.event,
            basic=(endpoint.api_key, ""),
            headers={"Cache-Control": "no-cache", "X-Segment-Settings": settings},
        )
    except DeliveryError as error:
        credentials = b64encode(f"{endpoint.api_key}:".encode()).decode()
        hidden = (endpoint.api_key, *endpoint.secrets, credentials, settings)
        if message := _message(error.response, hidden):
            raise _explained(error, message) from error
        raise


def _message(response: Response | None, hidden: tuple[str, ...]) -> str:
    """Read what an endpoint says of a refusal, on one line; "" for nothing that can be read."""
    try:
        said = msgspec.json.decode(response.body, type=_Refusal).message if response else ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    shown = "".join(c if c.isprintable() else " " for c in masked(said, hidden))
    text = " ".join(shown.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


class _Refusal(msgspec.Struct, frozen=True):
    message: str = ""


def _explained(error: DeliveryError, message: str) -> DeliveryError:
    reason = f"{error} It says: {message}"
    if isinstance(error, Retry):
        return Retry(reason, after=error.after, status=error.status, response=error.response)
    return type(error)(reason, status=error.status, response=error.response)
