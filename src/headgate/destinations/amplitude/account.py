"""Amplitude itself: its settings, its addresses, and the credentials of requests."""

from __future__ import annotations

from typing import Literal

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


class Account(Settings):
    api_key: str = field(
        "API key", "The key of the project, from its settings.", secret=True, key="apiKey"
    )
    secret_key: str = field(
        "Secret key",
        "The secret of the project: it checks the connection, and deletes people.",
        secret=True,
        key="secretKey",
    )
    endpoint: Literal["north_america", "europe"] = field(
        "Endpoint region",
        "Where the project's data lives.",
        choices={"north_america": "North America", "europe": "Europe"},
        default="north_america",
    )

    @property
    def is_european(self) -> bool:
        return self.endpoint == "europe"

    def address(self, path: str) -> str:
        """Give the address that takes events and properties: `2/httpapi`, `identify`."""
        return f"https://{'api.eu' if self.is_european else 'api2'}.amplitude.com/{path}"

    @property
    def user_map(self) -> str:
        """The address that takes IDs of the same person; only Europe has it beside the others."""
        return f"https://api{'.eu' if self.is_european else ''}.amplitude.com/usermap"

    def dashboard(self, path: str) -> str:
        """Give the address of what asks for the secret key: `usersearch`, `deletions/users`."""
        host = "analytics.eu.amplitude.com" if self.is_european else "amplitude.com"
        return f"https://{host}/api/2/{path}"

    @property
    def credentials(self) -> tuple[str, str]:
        return self.api_key, self.secret_key


amplitude = Destination(
    "Amplitude",
    settings=Account,
    docs="https://amplitude.com/docs/apis/analytics/http-v2",
    description="Send events, purchases, and properties of people and groups.",
    listing=Listing(
        categories=("Analytics",),
        website="https://amplitude.com",
        previous_names=("Amplitude (Actions)", "Actions Amplitude"),
        glyph=("A", "#1e61f0"),
    ),
)


@amplitude.check
async def check(http: Http, account: Account) -> Response:
    """Look for a person; whether there is one does not matter."""
    address = account.dashboard("usersearch?user=testUser@example.com")
    return await http.get(address, basic=account.credentials)


@amplitude.forget
async def forget(http: Http, user: ForgottenUser, account: Account) -> Response:
    """Ask for the deletion of all that is known of a user ID."""
    if not user.user_id:
        raise Discard("Amplitude deletes people by their user ID, and this request has none.")
    body = {"user_ids": [user.user_id], "requester": "headgate"}
    return await http.post(
        account.dashboard("deletions/users"), json=body, basic=account.credentials
    )
