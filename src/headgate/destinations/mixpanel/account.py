"""Mixpanel itself: its settings, its addresses, and the deletion of people."""

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

_US = "US 🇺🇸"
_INGESTION = {
    _US: "https://api.mixpanel.com",
    "EU 🇪🇺": "https://api-eu.mixpanel.com",
    "IN 🇮🇳": "https://api-in.mixpanel.com",
}
_APP = {
    _US: "https://mixpanel.com",
    "EU 🇪🇺": "https://eu.mixpanel.com",
    "IN 🇮🇳": "https://in.mixpanel.com",
}


class Project(Settings):
    project_token: str = field(
        "Project token",
        "From the settings of the project, access keys.",
        secret=True,
        key="projectToken",
    )
    api_secret: str = field(
        "Secret key",
        "The API secret of the project: it lets events be imported.",
        secret=True,
        key="apiSecret",
    )
    region: Literal["US 🇺🇸", "EU 🇪🇺", "IN 🇮🇳"] = field(
        "Data residency", "Where the project's data lives.", key="apiRegion", default=_US
    )
    source_name: str | None = field(
        "Source name",
        "Sent with every event as `segment_source_name`, to tell sources apart.",
        key="sourceName",
    )
    strict_mode: Literal["1", "0"] = field(
        "Strict mode",
        "Let Mixpanel check every event and say what is wrong with it.",
        choices={"1": "Check events", "0": "Take events unchecked"},
        key="strictMode",
        default="1",
    )
    gdpr_token: str | None = field(
        "Token for deletions",
        "The OAuth token for GDPR requests, from your profile, data & privacy. It lasts a year. "
        "Only needed to delete people.",
        secret=True,
    )

    def address(self, path: str) -> str:
        """Give the address that takes data: `import`, `track`, `engage`, `groups`."""
        return f"{_INGESTION[self.region]}/{path}"

    @property
    def deletions(self) -> str:
        return f"{_APP[self.region]}/api/app/data-deletions/v3.0/"


mixpanel = Destination(
    "Mixpanel",
    settings=Project,
    docs="https://developer.mixpanel.com/reference/overview",
    description="Send events and purchases, and keep profiles of people and groups.",
    listing=Listing(
        categories=("Analytics",),
        website="https://mixpanel.com",
        previous_names=("Mixpanel (Actions)", "Actions Mixpanel"),
        glyph=("Mx", "#7856ff"),
    ),
)


@mixpanel.check
async def check(http: Http, project: Project) -> Response:
    """Ask whether the secret and the token belong together."""
    credentials = {"api_secret": project.api_secret, "project_token": project.project_token}
    return await http.post(
        "https://mixpanel.com/api/app/validate-project-credentials/",
        body=http.encode(credentials),
        headers={"Content-Type": "text/plain;charset=UTF-8"},
    )


@mixpanel.forget
async def forget(http: Http, user: ForgottenUser, project: Project) -> Response:
    """Ask for the deletion of all events and profiles of a person."""
    if project.gdpr_token is None:
        raise Discard("Set the token for deletions: Mixpanel deletes nobody without it.")
    body = {"distinct_ids": [each for each in user if each], "compliance_type": "GDPR"}
    return await http.post(
        project.deletions,
        params={"token": project.project_token},
        json=body,
        bearer=project.gdpr_token,
    )
