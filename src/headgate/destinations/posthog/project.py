"""PostHog itself: its settings, its addresses, and the deletion of people."""

from __future__ import annotations

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


class Project(Settings):
    api_key: str = field(
        "API key", "The project's API key, from its settings; it begins with `phc_`.", secret=True
    )
    project_id: str = field("Project ID", "The project's number, from its settings.")
    endpoint: str = field(
        "Project region",
        "`https://us.i.posthog.com` or `https://eu.i.posthog.com`, or the address of a PostHog "
        "that you host.",
        format="uri",
        default="https://us.i.posthog.com",
    )
    historical_migration: bool | None = field(
        "Historical migration",
        "Take events in their order and as past ones, without looking for spikes.",
        mapping=False,
    )
    geoip_disable: bool = field(
        "Disable GeoIP",
        "Keep PostHog from telling the place by the IP address.",
        default=False,
    )
    personal_api_key: str | None = field(
        "Personal API key",
        "A personal key that may write persons; it begins with `phx_`. Only needed to delete "
        "people.",
        secret=True,
    )

    def address(self, path: str) -> str:
        """Give the address that takes events: `batch/`, `i/v0/e/`, `flags/`."""
        return f"{self.endpoint.rstrip('/')}/{path}"

    def app(self, path: str) -> str:
        """Give the address of the project in the app, which asks for the personal key."""
        host = self.endpoint.rstrip("/").replace(".i.posthog.com", ".posthog.com")
        return f"{host}/api/projects/{self.project_id}/{path}"


posthog = Destination(
    "PostHog",
    settings=Project,
    docs="https://posthog.com/docs/api/capture",
    description="Send events, and properties of people and groups.",
    listing=Listing(
        categories=("Analytics",), website="https://posthog.com", glyph=("PH", "#f54e00")
    ),
)


@posthog.check
async def check(http: Http, project: Project) -> Response:
    """Ask for the project's flags without evaluating any: an unknown key is refused with 401."""
    body = {
        "api_key": project.api_key,
        "distinct_id": "headgate-check",
        "disable_flags": True,
    }
    return await http.post(project.address("flags/"), params={"v": "2"}, json=body)


@posthog.forget
async def forget(http: Http, user: ForgottenUser, project: Project) -> Response:
    """Delete the person with these IDs, their events and their recordings."""
    if project.personal_api_key is None:
        raise Discard("Set the personal API key: PostHog deletes nobody without it.")
    body = {
        "distinct_ids": [each for each in user if each],
        "delete_events": True,
        "delete_recordings": True,
    }
    address = project.app("persons/bulk_delete/")
    return await http.post(address, json=body, bearer=project.personal_api_key)
