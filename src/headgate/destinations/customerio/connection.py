"""Customer.io's workspace: where it is, and who may write to it."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

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

EU = "EU 🇪🇺"


class Account(Settings):
    site_id: str = field(
        "Site ID", "From Settings, API credentials, Track API keys.", secret=True, key="siteId"
    )
    api_key: str = field("API key", "The key beside the site ID.", secret=True, key="apiKey")
    region: Literal["US 🇺🇸", "EU 🇪🇺"] = field(
        "Region", "Where the workspace is kept.", default="US 🇺🇸", key="accountRegion"
    )

    @property
    def host(self) -> str:
        return f"https://track{'-eu' if self.region == EU else ''}.customer.io"


customerio = Destination(
    "Customer.io",
    slug="customerio",
    settings=Account,
    docs="https://docs.customer.io/integrations/api/track/",
    description="Keep people, devices and objects up to date, and send what people do.",
    listing=Listing(
        categories=("Email Marketing", "Marketing Automation", "SMS & Push Notifications"),
        website="https://customer.io",
        glyph=("Ci", "#2c7a5b"),
        previous_names=("Customer.io (Actions)",),
    ),
    basic=lambda account: (account.site_id, account.api_key),
)


@customerio.check
async def check(http: Http, account: Account) -> Response:
    return await http.get(f"{account.host}/auth")


@customerio.forget
async def forget(http: Http, user: ForgottenUser, account: Account) -> Response:
    """Delete a person, who is known by the user id alone."""
    if not user.user_id:
        raise Discard("Customer.io deletes people by their user id, and this request has none.")
    return await http.delete(f"{account.host}/api/v1/customers/{quote(user.user_id, safe='')}")
