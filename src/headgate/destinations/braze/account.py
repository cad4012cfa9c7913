"""Braze's workspace: where it is, and who may write to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from headgate.destinations.braze.answers import told
from headgate.kit import (
    Destination,
    Discard,
    ForgottenUser,
    Http,
    Listing,
    Response,
    Settings,
    field,
)

_TIMEOUT = 30
LONG = 2_000_000
"""Bytes that a list of campaigns or catalogs may have."""


class Account(Settings):
    api_key: str = field(
        "API Key",
        "A REST API key, from Settings, APIs and Identifiers.",
        secret=True,
    )
    app_id: str | None = field(
        "App ID", "The identifier of the app that events and purchases are counted for."
    )
    endpoint: Literal[
        "https://rest.iad-01.braze.com",
        "https://rest.iad-02.braze.com",
        "https://rest.iad-03.braze.com",
        "https://rest.iad-04.braze.com",
        "https://rest.iad-05.braze.com",
        "https://rest.iad-06.braze.com",
        "https://rest.iad-07.braze.com",
        "https://rest.iad-08.braze.com",
        "https://rest.us-09.braze.com",
        "https://rest.us-10.braze.com",
        "https://rest.fra-01.braze.eu",
        "https://rest.fra-02.braze.eu",
        "https://rest.au-01.braze.com",
        "https://rest.id-01.braze.com",
        "https://rest.jp-01.braze.com",
    ] = field(
        "REST Endpoint",
        "The REST endpoint of the instance that your dashboard is on.",
        default="https://rest.iad-01.braze.com",
    )


braze = Destination(
    "Braze",
    settings=Account,
    docs="https://www.braze.com/docs/api/home",
    description="Keep profiles up to date, send what people do and buy, and start campaigns.",
    listing=Listing(
        categories=("Email Marketing", "Personalization", "SMS & Push Notifications"),
        website="https://www.braze.com",
        calls=("identify", "track"),
        previous_names=("Braze Cloud Mode (Actions)",),
        glyph=("B", "#801ed7"),
    ),
    headers=lambda account: {"Authorization": f"Bearer {account.api_key}"},
    timeout=_TIMEOUT,
)


@braze.check
async def check(http: Http, account: Account) -> Response:
    """Send nothing: Braze refuses that of a good key with 400, and of a bad one with 401."""
    try:
        return await http.post(f"{account.endpoint}/users/track", json={})
    except Discard as refusal:
        if refusal.status != HTTPStatus.BAD_REQUEST or refusal.response is None:
            raise
        return refusal.response


@braze.forget
async def forget(http: Http, user: ForgottenUser, account: Account) -> Response:
    """Delete the profile that has a user ID as its external ID."""
    if not user.user_id:
        raise Discard("Braze deletes people by their external ID, and this request has none.")
    body = {"external_ids": [user.user_id]}
    return await told(http, f"{account.endpoint}/users/delete", body)
