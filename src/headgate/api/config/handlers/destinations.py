"""Destinations of a source: what Headgate calls connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from headgate.api.config import settings
from headgate.api.config.bodies import ChangedDestination, NewDestination
from headgate.api.config.calls import operation
from headgate.api.config.models import Destination, Destinations, Mode, Nothing
from headgate.api.config.names import (
    below,
    find_destination,
    find_source,
    last_of,
    places,
    source_name,
)
from headgate.api.public.naming import named
from headgate.clock import iso
from headgate.control.errors import Conflict, Invalid, Problem
from headgate.control.nouns import connections, destinations
from headgate.store.snapshot import Mode as Ours

if TYPE_CHECKING:
    from headgate.api.config.calls import Call
    from headgate.api.config.names import Place
    from headgate.control.nouns.destinations import Entry
    from headgate.control.work import Work

_MODES: Final[dict[Ours, Mode]] = {"cloud": "CLOUD", "device": "DEVICE"}
_BY_WORD: Final[dict[Mode, tuple[Ours, ...]]] = {"CLOUD": ("cloud",), "DEVICE": ("device",)}
_UNSAID: Final = "UNSPECIFIED"
_NAMES: Final = {"name": "display_name", "destination": "name", "settings": "config"}
"""What the use cases call otherwise."""
_PATH = "/workspaces/{workspace}/sources/{source}/destinations"


@operation(f"GET {_PATH}", Destinations)
def list_destinations(work: Work, call: Call) -> Destinations:
    every = places(work, find_source(work, call))
    shown, token = call.page.of_all(every, lambda each: each.connection.number)
    return Destinations(destinations=[told(work, each) for each in shown], next_page_token=token)


@operation(f"GET {_PATH}/{{destination}}", Destination)
def get_destination(work: Work, call: Call) -> Destination:
    return told(work, find_destination(work, call))


@operation(f"POST {_PATH}", Destination, body=NewDestination)
def create_destination(work: Work, call: Call) -> Destination:
    """One for each entry of the catalogue: further ones have no name before they are made."""
    given, seen = call.body.destination, find_source(work, call)
    source = work.source(seen.source.id, "write")
    collection = f"{source_name(work, source.slug)}/destinations"
    slug = last_of(given.name, collection, "destination.name")
    there = places(work, seen)
    if any(
        slug in (each.slug, each.connection.slug, each.connection.destination) for each in there
    ):
        raise Conflict(
            f"there is a {given.name} already: change it, or make another one with the Public API"
        )
    entry = _entry(slug, given.connection_mode)
    with named(_NAMES, "destination."):
        made = connections.create(
            work,
            source=source.id,
            destination=entry.id,
            name=given.display_name or None,
            enabled=bool(given.enabled),
            settings=settings.given(entry, given.config or (), given.name),
        )
    return told(work, next(each for each in places(work, seen) if each.connection.id == made.id))


@operation(
    f"PATCH {_PATH}/{{destination}}",
    Destination,
    body=ChangedDestination,
    resource="destination",
)
def update_destination(work: Work, call: Call) -> Destination:
    place = find_destination(work, call)
    connection = work.connection(place.connection.id, "write")
    if not call.changes:
        return told(work, place)
    with named(_NAMES, "destination."):
        changed = connections.update(work, connection.id, **_changes(call, place))
    return told(work, place._replace(connection=changed))


@operation(f"DELETE {_PATH}/{{destination}}", Nothing)
def delete_destination(work: Work, call: Call) -> Nothing:
    connections.delete(work, find_destination(work, call).connection.id)
    return Nothing()


def told(work: Work, place: Place) -> Destination:
    connection = place.connection
    entry = destinations.entry_of(connection.destination, connection.mode)
    return Destination(
        name=place.name,
        slug=place.slug,
        parent=place.parent,
        id=connection.id,
        catalog_id=entry.id if entry else connection.destination,
        display_name=connection.name,
        enabled=connection.enabled,
        connection_mode=_MODES[connection.mode],
        config=settings.shown(work, place),
        create_time=iso(connection.created_at) if connection.created_at else UNSET,
        update_time=iso(connection.updated_at) if connection.updated_at else UNSET,
    )


def _entry(slug: str, mode: Mode | None) -> Entry:
    """Of the mode that is asked for, else the one for the server first. Raises Invalid."""
    wanted = _BY_WORD.get(mode or _UNSAID, tuple(_MODES))
    found = (destinations.entry_of(slug, each) for each in wanted)
    entry = next((each for each in found if each is not None), None)
    if entry is None:
        told = f"the catalogue has no {slug!r}" + (f" for the mode {mode}" if mode else "")
        raise Invalid([Problem("destination.name", told)])
    return entry


def _changes(call: Call, place: Place) -> dict[str, Any]:
    """As the use case takes them. Raises Invalid for another mode."""
    given, changes = dict(call.changes), dict[str, Any]()
    mode = _MODES[place.connection.mode]
    if given.pop("connection_mode", None) not in (None, _UNSAID, mode):
        raise Invalid([Problem("connection_mode", f"is {mode}: make another destination instead")])
    if "config" in given:
        changes["settings"] = _settings(place, given["config"])
    if "display_name" in given:
        changes["name"] = given["display_name"] or ""
    if "enabled" in given:
        changes["enabled"] = bool(given["enabled"])
    return changes


def _settings(place: Place, config: Any) -> dict[str, Any]:
    """Those that are given, or every one without its value where none is."""
    entry = destinations.entry_of(place.connection.destination, place.connection.mode)
    if not config:
        return dict.fromkeys(entry.settings() if entry else place.connection.settings)
    return settings.given(
        entry, config, place.name, below(place.parent, "destinations", place.asked)
    )
