"""Actions that send what people do: events, pages and screens."""

from __future__ import annotations

from headgate.destinations.customerio.entities import Entity, dated, entity, of_person
from headgate.destinations.customerio.people import Converted
from headgate.destinations.customerio.sending import entity_action
from headgate.kit import field, path


class Deed(Converted):
    anonymous_id: str | None = field(
        "Anonymous ID",
        "Who did it, as long as they are not known.",
        mapping=path("$.anonymousId"),
    )
    timestamp: str | None = field("Timestamp", "When it happened.", mapping=path("$.timestamp"))
    data: dict[str, object] | None = field(
        "Attributes", "What else is known of it.", mapping=path("$.properties")
    )


class OfPerson(Deed):
    id: str | None = field(
        "Person ID",
        "Who did it: your ID, an e-mail address, or `cio_` and Customer.io's own ID.",
        mapping=path("$.userId"),
    )
    event_id: str | None = field(
        "Event ID", "Of events with the same ID, one counts.", mapping=path("$.messageId")
    )


class Event(OfPerson):
    name: str = field("Event name", "What happened.", mapping=path("$.event"))


class Page(OfPerson):
    url: str = field("Page URL", "Which page was seen.", mapping=path("$.properties.url"))


class Screen(OfPerson):
    name: str = field("Screen name", "Which screen was seen.", mapping=path("$.name"))


def done(deed: OfPerson, action: str, name: str) -> Entity:
    """Say that a person did something."""
    return entity(
        "person",
        action,
        of_person(deed.id, anonymous_id=deed.anonymous_id),
        anonymous_id=deed.anonymous_id,
        timestamp=deed.timestamp,
        attributes=dated(deed.data, converts=deed.convert_timestamp),
        name=name,
        id=deed.event_id,
    )


_OF_OTHER_ACTIONS = (
    "Application Installed",
    "Application Opened",
    "Application Uninstalled",
    "Device Created or Updated",
    "Device Deleted",
    "Relationship Deleted",
    "User Deleted",
    "User Suppressed",
    "User Unsuppressed",
    "Object Deleted",
    "Report Delivery Event",
    "Report Content Event",
)


@entity_action(
    "Track event",
    Event,
    slug="trackEvent",
    trigger=" and ".join(['type = "track"', *(f'event != "{name}"' for name in _OF_OTHER_ACTIONS)]),
)
def track_event(event: Event) -> Entity:
    """Send something that a person did."""
    return done(event, "event", event.name)


@entity_action("Track page view", Page, slug="trackPageView", trigger='type = "page"')
def track_page_view(page: Page) -> Entity:
    """Send that a person saw a page."""
    return done(page, "page", page.url)


@entity_action("Track screen view", Screen, slug="trackScreenView", trigger='type = "screen"')
def track_screen_view(screen: Screen) -> Entity:
    """Send that a person saw a screen of an app."""
    return done(screen, "screen", screen.name)
