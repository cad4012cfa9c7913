"""`direct`: a destination made of an address and a list of settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import msgspec
from pydantic import create_model

from headgate.kit.destination import Destination, Listing
from headgate.kit.destination.listing import Call
from headgate.kit.direct.sending import Customer, Endpoint, Event, post, secure_address
from headgate.kit.fields import field

if TYPE_CHECKING:
    from headgate.kit.http import Http
    from headgate.kit.http.request import Response

Kind: TypeAlias = Literal["text", "number", "integer", "boolean"]
_TYPES: Final[dict[Kind, type]] = {"text": str, "number": float, "integer": int, "boolean": bool}
_CALLS: Final[tuple[Call, ...]] = get_args(Call)


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A setting that customers fill in, and that the endpoint receives with every event.

    `choices` are the allowed texts. A setting with a default is not required.
    """

    key: str
    label: str
    help: str
    type: Kind = "text"
    required: bool = True
    secret: bool = False
    default: str | bool | int | float | None = None
    choices: tuple[str, ...] = ()

    def declared(self) -> tuple[Any, Any]:
        """Give the annotation and the declaration of its field."""
        kind: Any = _TYPES[self.type]
        options: dict[str, Any] = {"secret": True} if self.secret else {}
        if self.choices:
            options["choices"] = self.choices
        if self.default is not None:
            options["default"] = self.default
        is_optional = self.default is None and not self.required
        annotation = kind | None if is_optional else kind
        return annotation, field(self.label, self.help, key=self.key, **options)


def direct(
    name: str,
    *,
    endpoint: str,
    docs: str,
    slug: str | None = None,
    description: str = "",
    settings: Iterable[Setting | Mapping[str, Any]] = (),
    calls: Sequence[Call] = _CALLS,
    listing: Mapping[str, Any] | None = None,
) -> Destination[Customer]:
    """Declare a destination whose endpoint takes events as they are.

    `docs` is the page that explains the endpoint to customers, `calls` are the kinds of events
    that it takes. Settings and listing may be plain data, as a file holds them; the key of the
    customer (`apiKey`) is always a setting. Raises `ValueError` for an address without https and
    for a setting that stands twice, `msgspec.ValidationError` for data of another form.
    """
    address = secure_address(endpoint)
    own = msgspec.convert([*settings], list[Setting])
    shown = msgspec.convert({"calls": tuple(calls), **(listing or {})}, Listing)
    destination = Destination(
        name,
        slug=slug,
        settings=_settings(own),
        docs=docs,
        description=description,
        listing=shown,
    )
    trigger = " or ".join(f'type = "{call}"' for call in calls)

    @destination.action("Send", trigger=trigger)
    async def send(http: Http, event: Event, customer: Customer) -> Response:
        """Send an event to the endpoint, as it is."""
        return await post(http, event, _endpoint(address, customer))

    return destination


def _settings(own: Sequence[Setting]) -> type[Customer]:
    """Make a class of settings. Raises `ValueError` for a name that stands twice."""
    keys = ["apiKey", *(setting.key for setting in own)]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"settings need names of their own: {', '.join(twice)} stands twice")
    fields: dict[str, Any] = {
        f"setting_{number}": setting.declared() for number, setting in enumerate(own)
    }
    made: type[Customer] = create_model("Settings", __base__=Customer, **fields)
    return made


def _endpoint(address: str, customer: Customer) -> Endpoint:
    values = customer.model_dump(by_alias=True, exclude={"api_key"}, exclude_none=True)
    secrets = tuple(str(values[key]) for key in customer.stored_secrets() & values.keys())
    return Endpoint(address, customer.api_key, values, secrets)
