"""Direct: send events as they are to an endpoint that keeps the contract of direct destinations."""

from collections.abc import Iterator
from typing import Any

import msgspec
from pydantic import field_validator

from headgate.kit import Destination, Http, Listing, Response, field
from headgate.kit.direct import Customer, Endpoint, Event, post, secure_address


class Account(Customer):
    endpoint: str = field("Endpoint", "The https address that takes events.")
    settings: str | None = field(
        "Settings",
        'Further settings that the endpoint asks for, as a JSON object: `{"region": "eu"}`.',
        long=True,
        secret=True,
    )

    @field_validator("endpoint")
    @classmethod
    def _is_secure(cls, endpoint: str) -> str:
        return secure_address(endpoint)

    @field_validator("settings")
    @classmethod
    def _is_an_object(cls, settings: str | None) -> str | None:
        if settings is not None:
            read(settings)
        return settings


def read(settings: str) -> dict[str, Any]:
    """Read the JSON of further settings. Raises `ValueError` when it is no object."""
    try:
        return msgspec.json.decode(settings, type=dict[str, Any])
    except msgspec.DecodeError:
        raise ValueError("it must be a JSON object") from None


direct = Destination(
    "Direct",
    settings=Account,
    docs="https://segment.com/docs/partners/direct-destination/",
    description="Send events as they are to an endpoint of a partner.",
    listing=Listing(
        categories=("Raw Data",),
        glyph=("D", "#3a5a8c"),
        previous_names=("Direct destination",),
    ),
)


@direct.action("Send", trigger="all")
async def send(http: Http, event: Event, account: Account) -> Response:
    """Send an event to the endpoint, as it is."""
    further = {} if account.settings is None else read(account.settings)
    secrets = tuple(_leaves(further))
    return await post(http, event, Endpoint(account.endpoint, account.api_key, further, secrets))


def _leaves(value: object) -> Iterator[str]:
    """Every text and number in JSON: any of them may be a secret."""
    if isinstance(value, dict):
        value = [*value.values()]
    if not isinstance(value, list):
        yield str(value)
        return
    for each in value:
        yield from _leaves(each)
