"""Findings about a destination as a whole: its names, its documentation, how it is let in."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, get_args

from headgate.kit.destination.limits import MOST_SLOTS, Limits
from headgate.kit.destination.listing import Call, Category, Source, Status
from headgate.kit.findings.finding import error, warning

if TYPE_CHECKING:
    from headgate.kit.browser import BrowserDestination
    from headgate.kit.destination import Destination
    from headgate.kit.findings.finding import Findings

_SLUG = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)
_ACTION_SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LONGEST_GLYPH = 2


def names(destination: Destination[Any] | BrowserDestination) -> Findings:
    """Slugs stand in addresses, files and commands."""
    if not destination.name.strip():
        yield error("name", "is empty: give the destination its name.")
    if not _SLUG.fullmatch(destination.slug):
        yield error("slug", f"{destination.slug!r} must be a-z, then a-z, 0-9, _ and -.")
    if not destination.actions:
        yield error("actions", "there is none: declare what the destination can do.")
    for slug in destination.actions:
        if not _ACTION_SLUG.fullmatch(slug):
            yield error(f"actions/{slug}", "the slug must be a letter, then letters, digits, _, -.")


def documentation(destination: Destination[Any] | BrowserDestination) -> Findings:
    if not _ADDRESS.fullmatch(destination.docs):
        yield error("docs", f"{destination.docs!r} must be the address of its API's documentation.")
    if not destination.description.strip():
        yield warning("description", "is empty: say in one sentence what the destination is for.")


def listing(destination: Destination[Any] | BrowserDestination) -> Findings:
    """Everything in the catalogue is one of the known words."""
    shown = destination.listing
    words = (
        ("categories", shown.categories, Category),
        ("status", (shown.status,), Status),
        ("calls", shown.calls, Call),
        ("sources", shown.sources, Source),
    )
    for name, given, allowed in words:
        if unknown := [str(word) for word in given if word not in get_args(allowed)]:
            yield error(f"listing/{name}", f"there is no {', '.join(unknown)}.")
    if not shown.categories:
        yield warning("listing/categories", "is empty: nobody finds it by what it is for.")
    if shown.website and not _ADDRESS.fullmatch(shown.website):
        yield error("listing/website", f"{shown.website!r} must be an address.")
    yield from _glyph(destination)


def _glyph(destination: Destination[Any] | BrowserDestination) -> Findings:
    if (glyph := destination.listing.glyph) is None:
        return
    letters, colour = glyph
    if not 1 <= len(letters) <= _LONGEST_GLYPH or not _COLOUR.fullmatch(colour):
        yield error("listing/glyph", "must be one or two letters and a colour such as #1a2b3c.")


def access(destination: Destination[Any]) -> Findings:
    """Credentials can be proved, and tokens travel encrypted."""
    has_credentials = destination.auth or destination.settings.stored_secrets()
    if has_credentials and destination.check_credentials is None:
        message = "there is none: credentials are only proved by the first event."
        yield warning("check", message)
    if destination.auth is not None:
        for name in ("authorize", "token"):
            address = getattr(destination.auth, name)
            if not address.startswith("https://"):
                yield error(f"auth/{name}", f"{address!r} must begin with https://.")
    if destination.refresh_tokens is not None and destination.auth is None:
        yield error("refresh", "renews tokens that nobody gets: declare auth=OAuth2(…).")
    if destination.timeout is not None and destination.timeout <= 0:
        yield error("timeout", f"{destination.timeout} must be more than 0 seconds.")
    yield from _limits(destination.limits or Limits())


def _limits(limits: Limits) -> Findings:
    """Limits let something through."""
    if limits.slots is not None and not 1 <= limits.slots <= MOST_SLOTS:
        yield error("limits/slots", f"{limits.slots} must be 1 to {MOST_SLOTS} requests at once.")
    if limits.rate is not None and not 0 < limits.rate < math.inf:
        yield error("limits/rate", f"{limits.rate} must be more than 0 requests a second.")


def audiences(destination: Destination[Any]) -> Findings:
    """An audience is looked for and then made, so both are needed (kit-behaviour 2)."""
    if (kept := destination.audiences) is None:
        return
    if kept.create is None or kept.get is None:
        yield error("audiences", "need both create_audience and get_audience.")
