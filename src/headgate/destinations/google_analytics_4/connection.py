"""Google Analytics 4: the streams that events go to, by its Measurement Protocol."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from headgate.kit import Destination, Discard, Listing, Settings, field, is_empty

_HOSTS = {"Global": "www", "EU": "region1"}
"""The host of each region, under google-analytics.com."""


class Account(Settings):
    measurement_id: str | None = field(
        "Measurement ID",
        "Of a web stream, such as G-12345: Admin, Data streams, the stream.",
        key="measurementId",
        required_if=is_empty("firebaseAppId"),
    )
    firebase_app_id: str | None = field(
        "Firebase app ID",
        "Of an app stream: the Firebase console, Project settings, Your apps, App ID.",
        key="firebaseAppId",
        required_if=is_empty("measurementId"),
    )
    api_secret: str = field(
        "API secret",
        "Made in the stream's settings, under Measurement Protocol API secrets.",
        secret=True,
        key="apiSecret",
    )
    region: Literal["Global", "EU"] = field(
        "Region", "Where Google collects the events.", default="Global"
    )


google_analytics_4 = Destination(
    "Google Analytics 4",
    slug="google_analytics_4",
    settings=Account,
    docs="https://developers.google.com/analytics/devguides/collection/protocol/ga4",
    description="Send what people do, as events of a web or app stream.",
    listing=Listing(
        categories=("Analytics",),
        website="https://marketingplatform.google.com/about/analytics/",
        calls=("track", "page"),
        glyph=("G4", "#d9730d"),
        previous_names=("Google Analytics 4 Cloud",),
    ),
)


def web(account: Account) -> str:
    """Give the address of the web stream, which holds the secret."""
    if account.measurement_id is None:
        raise Discard("Web events need a measurement ID: add it to the settings.")
    return _address(account, "measurement_id", account.measurement_id)


def app(account: Account) -> str:
    """Give the address of the app stream, which holds the secret."""
    if account.firebase_app_id is None:
        raise Discard("Events of mobile apps need a Firebase app ID: add it to the settings.")
    return _address(account, "firebase_app_id", account.firebase_app_id)


def _address(account: Account, name: str, stream: str) -> str:
    secret, stream = (quote(value, safe=":") for value in (account.api_secret, stream))
    host = f"https://{_HOSTS[account.region]}.google-analytics.com"
    return f"{host}/mp/collect?api_secret={secret}&{name}={stream}"
