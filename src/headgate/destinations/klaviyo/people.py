"""Who an event is about, and what is known of them: fields, and the attributes they become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.destinations.klaviyo.phones import COUNTRIES, e164
from headgate.kit import Discard, Fields, Payload, field, is_not, path
from headgate.kit.values import present

if TYPE_CHECKING:
    from headgate.kit import Expression

LONGEST_ID = 255
ROUTING = frozenset({"country_code", "list_id", "override_list_id"})
"""Fields that say where a profile goes, and not what is known of it."""


def an_email(mapping: Expression | None = None) -> Any:
    help_ = "One of e-mail, phone number and external ID is required."
    options: dict[str, Any] = {} if mapping is None else {"mapping": mapping}
    return field("E-mail", help_, format="email", **options)


def a_phone(mapping: Expression | None = None) -> Any:
    help_ = "As E.164, such as +442071838750; in another form with the country of the number."
    options: dict[str, Any] = {} if mapping is None else {"mapping": mapping}
    return field("Phone number", help_, **options)


def a_country() -> Any:
    help_ = "By ISO 3166, such as GB: how to read a phone number that is not E.164."
    shown = is_not("phone_number", "")
    return field("Country of the number", help_, choices=COUNTRIES, shown_if=shown)


def an_external_id() -> Any:
    return field("External ID", "Your ID of the person.", maximum=LONGEST_ID)


class Reachable(Payload):
    """Somebody by an address."""

    email: str | None = an_email()
    phone_number: str | None = a_phone()
    country_code: str | None = a_country()

    def phone(self) -> str | None:
        """The phone number as E.164. Raises `Discard` when it is none."""
        if self.phone_number is None:
            return None
        return e164(self.phone_number, self.country_code)


class Identified(Reachable):
    """Somebody by an address or an ID."""

    external_id: str | None = an_external_id()

    def identifiers(self) -> dict[str, str]:
        """What identifies them, in the order in which Klaviyo is asked for it."""
        given = {
            "external_id": self.external_id,
            "email": self.email,
            "phone_number": self.phone(),
        }
        if not (known := present(given)):
            raise Discard("Klaviyo needs an e-mail, a phone number or an external ID: map one.")
        return known


class Location(Fields):
    address1: str | None = field("Address", "Street and number.", allow_null=True)
    address2: str | None = field("Address, second line", "Flat and floor.", allow_null=True)
    city: str | None = field("City", "The city or town.", allow_null=True)
    region: str | None = field("Region", "The state, county or province.", allow_null=True)
    zip: str | None = field("Postal code", "The code of the place.", allow_null=True)
    latitude: str | None = field("Latitude", "In degrees, north of the equator.", allow_null=True)
    longitude: str | None = field("Longitude", "In degrees, east of Greenwich.", allow_null=True)
    country: str | None = field("Country", "The country's name or code.", allow_null=True)


def a_location(place: str) -> Any:
    """Declare the location that an address at a place of the event gives."""
    mapping = {
        "city": path(f"{place}.city"),
        "region": path(f"{place}.state"),
        "zip": path(f"{place}.postal_code"),
        "address1": path(f"{place}.street"),
        "country": path(f"{place}.country"),
    }
    return field("Location", "Where the person lives.", mapping=mapping)


class Described(Identified):
    """Somebody, and what is known of them."""

    first_name: str | None = field("First name", "The person's first name.")
    last_name: str | None = field("Last name", "The person's last name.")
    organization: str | None = field("Organization", "Where the person works.")
    title: str | None = field("Title", "What the person does there.")
    image: str | None = field("Image", "The address of a picture of the person.")
    location: Location | None = field("Location", "Where the person lives.")
    properties: dict[str, object] | None = field("Properties", "What else is known of the person.")


def attributes(person: Described) -> dict[str, Any]:
    """Give the attributes of a profile. Raises `Discard` for what identifies nobody."""
    known = person.identifiers()
    given = person.model_dump(by_alias=True, exclude_unset=True, exclude={*ROUTING, *known})
    return {**known, **present(given)}
