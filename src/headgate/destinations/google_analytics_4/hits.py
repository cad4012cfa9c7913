"""What is common to all events: whose they are, when they were, and what goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from headgate.destinations.google_analytics_4 import connection
from headgate.kit import Discard, Payload, field, path
from headgate.kit.values import epoch_milliseconds, present

_NUMBER = re.compile(r"\s*\d+(\.\d*)?\s*", re.ASCII)


class Hit(Payload):
    """An event to be; the fields that its subclasses add are parameters of the event."""

    data_stream_type: Literal["Web", "Mobile App"] = field(
        "Data stream", "Where the event belongs.", default="Web", mapping="Web"
    )
    app_instance_id: str | None = field(
        "Firebase app instance ID",
        "Which installation of the app this is. Required for mobile apps; Firebase gives it.",
    )
    client_id: str | None = field(
        "Client ID",
        "Which browser this is. Required for the web.",
        mapping=path("$.userId") | path("$.anonymousId"),
    )
    user_id: str | None = field("User ID", "Who the user is, on all their devices.")
    timestamp_micros: str | None = field(
        "Timestamp",
        "When it happened: a date, or microseconds since 1970.",
        mapping=path("$.timestamp"),
    )
    user_properties: dict[str, object] | None = field(
        "User properties",
        "What is known of the user. Google shows those that have a custom dimension.",
        form="keyvalue",
        open_to_others=True,
    )
    engagement_time_msec: float | None = field(
        "Engagement time",
        "How long the user was active, in milliseconds. Reports count users who were.",
        mapping=1,
    )
    params: dict[str, object] | None = field(
        "Event parameters",
        "Further parameters; they come before those of the other fields.",
        form="keyvalue",
        open_to_others=True,
    )
    ad_user_data_consent: Literal["GRANTED", "DENIED"] | None = field(
        "Consent to ad user data", "Whether user data may be sent to Google for advertising."
    )
    ad_personalization_consent: Literal["GRANTED", "DENIED"] | None = field(
        "Consent to personalised ads", "Whether ads may be personalised."
    )

    def own(self) -> dict[str, Any]:
        """The parameters that the fields of this kind of event give."""
        given = self.model_dump(by_alias=True, exclude_unset=True, exclude=set(Hit.model_fields))
        absent: dict[str, Any] = {"items": []} if "items" in type(self).model_fields else {}
        return {**absent, **present(given)}


def address(hit: Hit, account: connection.Account) -> str:
    """Give where a hit goes."""
    is_web = hit.data_stream_type == "Web"
    return connection.web(account) if is_web else connection.app(account)


def body(hit: Hit, name: str, own: Mapping[str, object]) -> dict[str, object]:
    """Give what Google takes for one event. Raises `Discard` for what it would drop silently."""
    engaged = present({"engagement_time_msec": hit.engagement_time_msec})
    params = {**own, **engaged, **plain_params(hit.params or {})}
    told = hit.timestamp_micros
    return {
        **whose(hit),
        "events": [{"name": name, "params": params}],
        **present(
            {
                "user_id": hit.user_id,
                "user_properties": user_properties(hit.user_properties),
                "timestamp_micros": None if told is None else microseconds(told),
                "consent": consent(hit),
            }
        ),
    }


def whose(hit: Hit) -> dict[str, str]:
    """Say which browser or installation the event is of."""
    if hit.data_stream_type == "Web":
        if hit.client_id is None:
            raise Discard("Web events need a client ID: map the field Client ID.")
        return {"client_id": hit.client_id}
    if hit.app_instance_id is None:
        raise Discard("Events of mobile apps need the field Firebase app instance ID: map it.")
    return {"app_instance_id": hit.app_instance_id}


def consent(hit: Hit) -> dict[str, str] | None:
    given = {
        "ad_user_data": hit.ad_user_data_consent,
        "ad_personalization": hit.ad_personalization_consent,
    }
    return present(given) or None


def plain_params(params: Mapping[str, object]) -> Mapping[str, object]:
    for name, value in params.items():
        if (
            value is None
            or isinstance(value, dict)
            or (isinstance(value, list) and name != "items")
        ):
            raise Discard(
                f"The event parameter {name} is {_kind(value)}: Google takes text, numbers and "
                "true or false, and a list only as items."
            )
    return params


def user_properties(properties: Mapping[str, object] | None) -> dict[str, object] | None:
    if properties is None:
        return None
    for name, value in properties.items():
        if isinstance(value, dict | list):
            raise Discard(
                f"The user property {name} is {_kind(value)}: Google takes text, numbers and true "
                "or false."
            )
    return {name: {"value": value} for name, value in properties.items()}


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return "an object" if isinstance(value, dict) else "a list"


def microseconds(told: str) -> int:
    """Read when something happened: microseconds since 1970 already, or a date."""
    if _NUMBER.fullmatch(told):
        whole, _, _ = told.strip().partition(".")
        return int(whole)
    milliseconds = epoch_milliseconds(told)
    if milliseconds is None:
        raise Discard(f"The timestamp {told!r} is no date: give a date, or microseconds.")
    return milliseconds * 1000
