"""The actions: one for each event that Google recommends, and those with rules of their own."""

from __future__ import annotations

import re

from headgate.destinations.google_analytics_4 import events
from headgate.destinations.google_analytics_4.checks import check
from headgate.destinations.google_analytics_4.connection import Account, google_analytics_4
from headgate.destinations.google_analytics_4.hits import Hit, address, body
from headgate.destinations.google_analytics_4.recommended import RECOMMENDED, Recommended
from headgate.kit import Discard, Http, Response

_LONGEST_NAME = 40


def _declare(event: Recommended) -> None:
    async def perform(http: Http, hit: Hit, account: Account) -> Response:
        params = hit.own()
        check(params, needs_currency=event.needs_currency, needs_items=event.needs_items)
        return await http.post(address(hit, account), json=body(hit, event.name, params))

    google_analytics_4.action(
        event.title,
        slug=event.slug,
        trigger=event.trigger,
        payload=event.payload,
        description=event.description,
    )(perform)


for _event in RECOMMENDED:
    _declare(_event)


@google_analytics_4.action("Page view", slug="pageView", trigger='type = "page"')
async def page_view(http: Http, page: events.Page, account: Account) -> Response:
    """Send that somebody saw a page."""
    return await http.post(address(page, account), json=body(page, "page_view", page.own()))


@google_analytics_4.action("Custom event", slug="customEvent", trigger='type = "track"')
async def custom_event(http: Http, event: events.Custom, account: Account) -> Response:
    """Send an event under a name of your own."""
    name = event_name(event.name, lower=bool(event.lowercase))
    return await http.post(address(event, account), json=body(event, name, {}))


def event_name(text: str, *, lower: bool) -> str:
    """Make a name that Google takes. Raises `Discard` where it would drop the event unsaid."""
    name = re.sub(r"\s", "_", text.strip())
    name = name.lower() if lower else name
    is_word = name[:1].isalpha() and name.replace("_", "0").isalnum()
    if not is_word or len(name) > _LONGEST_NAME:
        raise Discard(
            f"Google takes no event called {name!r}: a name is a letter and then letters, digits "
            f"and underscores, {_LONGEST_NAME} in all. Map the field Event name to another."
        )
    return name
