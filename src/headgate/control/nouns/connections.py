"""Connections: sources joined to destinations, which Segment's APIs call destinations."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from headgate.control.declaring.changing import bring_about, connection_from
from headgate.control.declaring.declared import Plain
from headgate.control.declaring.holdings import portion
from headgate.control.errors import Conflict, Invalid, Problem, Refused
from headgate.control.importing_segment.slugs import Slugs, slug_of
from headgate.control.nouns import connection_settings, destinations
from headgate.store.connections import Connections
from headgate.store.secrets import is_sealed
from headgate.store.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.control.declaring.declared import Declared, DeclaredConnection
    from headgate.control.declaring.holdings import Holdings
    from headgate.control.nouns.destinations import Entry
    from headgate.control.work import Work
    from headgate.store.records import ConnectionRecord

MOST_INSTANCES: Final = 25
"""Connections of a source to one destination; pages load a plugin once (domain section 5)."""
MOST_SUBSCRIPTIONS: Final = 50
"""Of a connection that is not declared in a file (domain section 6)."""
LONGEST_NAME: Final = 256


class Listed(NamedTuple):
    """A page of connections, and how many there are in all."""

    connections: Sequence[ConnectionRecord]
    total: int


def listed(work: Work, after: int | None, most: int, *, source: str | None = None) -> Listed:
    """Those that the actor may see, of one source if it is given, by number above `after`.

    Raises Missing or Forbidden.
    """
    work.check_somewhere("read", "source")
    connections = Connections(work.transaction, work.workspace.id)
    if source is not None:
        work.source(source)
    if source is not None or work.actor.may("read", "source"):
        return Listed(connections.page(after, most, source), connections.count(source))
    sources = Sources(work.transaction, work.workspace.id).all()
    visible = {each.id for each in sources if work.may_see(each)}
    found = [each for each in connections.all() if each.source in visible]
    page = [each for each in found if after is None or each.number > after][:most]
    return Listed(page, len(found))


def get(work: Work, connection: str) -> ConnectionRecord:
    """By its id. Raises Missing."""
    return work.connection(connection)


def create(
    work: Work,
    *,
    source: str,
    destination: str,
    name: str | None = None,
    enabled: bool = False,
    settings: Mapping[str, Any],
) -> ConnectionRecord:
    """Join a source, by its id, to a destination of the catalogue, by its id or slug.

    The presets of the destination become subscriptions. Raises Missing, Invalid, Conflict,
    Refused or Forbidden.
    """
    record = work.source(source, "write")
    entry = destinations.found(destination)
    if entry is None:
        raise Invalid([Problem("destination", f"the catalogue has no {destination!r}")])
    same = _same(work, record.id, entry.slug, entry.mode)
    _check_room(entry, same)
    wanted = {
        "slug": _free_slug(work, name, entry),
        "name": _free_name(entry, same) if name is None else _checked_name(name, same),
        "source": record.slug,
        "destination": entry.slug,
        "mode": entry.mode,
        "enabled": enabled,
        "settings": connection_settings.checked(entry, settings),
        "subscriptions": list(entry.presets())[:MOST_SUBSCRIPTIONS],
    }
    held = portion(work.transaction, work.workspace.id, [record])
    declared = connection_from(work, wanted)
    done = bring_about(work, held, _with(held, declared), is_noted=False)
    work.note("Integration Created", "DESTINATION", done[0][1], declared.slug)
    return work.connection(done[0][1])


def update(
    work: Work,
    connection: str,
    *,
    name: str | None = None,
    enabled: bool | None = None,
    settings: Mapping[str, Any] | None = None,
) -> ConnectionRecord:
    """Change what is given; a setting that is None goes, and others stay.

    A secret that is given as it was shown stays as it is. Raises Missing, Invalid, Conflict or
    Forbidden.
    """
    record = work.connection(connection, "write")
    held = held_of(work, record)
    wanted = held.declared().connections[record.slug]
    entry = destinations.entry_of(record.destination, record.mode)
    if name is not None and name != record.name:
        same = _same(work, record.source, record.destination, record.mode)
        wanted = msgspec.structs.replace(wanted, name=_checked_name(name, same))
    if enabled is not None:
        _check_can_run(entry, record, enabled=enabled)
        wanted = msgspec.structs.replace(wanted, enabled=enabled)
    if settings is not None:
        merged = connection_settings.merged(work, record, _installed(entry, record), settings)
        wanted = _with_settings(work, wanted, merged)
    return _changed(work, record, held, wanted)


def delete(work: Work, connection: str) -> None:
    """With its subscriptions and filters. Raises Missing or Forbidden."""
    record = work.connection(connection, "write")
    held = held_of(work, record)
    nothing_of_it = msgspec.structs.replace(held.declared(), connections={})
    bring_about(work, held, nothing_of_it, prune=True)


def copy_settings(work: Work, to: str, of: str) -> ConnectionRecord:
    """Give a connection all settings of another one to the same destination, secrets as well.

    Whoever copies secrets could have set them: both must be theirs to change. Raises Missing,
    Refused or Forbidden.
    """
    record, other = work.connection(to, "write"), work.connection(of, "write")
    if (record.destination, record.mode) != (other.destination, other.mode):
        raise Refused(
            f"{other.slug} goes to {other.destination} and {record.slug} to {record.destination}:"
            " settings can only be copied from a connection to the same destination"
        )
    held = held_of(work, record)
    before = held.declared().connections[record.slug]
    copied = {
        key: Plain(connection_settings.opened(work, other, key)) if is_sealed(value) else value
        for key, value in other.settings.items()
    }
    wanted = msgspec.structs.replace(before, settings=copied)
    return _changed(work, record, held, wanted)


def held_of(work: Work, record: ConnectionRecord) -> Holdings:
    """The connection, and the source that it belongs to."""
    source = Sources(work.transaction, work.workspace.id).one(record.source)
    return portion(work.transaction, work.workspace.id, [source], [record])


def _changed(
    work: Work, record: ConnectionRecord, held: Holdings, wanted: DeclaredConnection
) -> ConnectionRecord:
    if not bring_about(work, held, _with(held, wanted)):
        work.note("Integration Modified", "DESTINATION", record.id, record.slug)
    return work.connection(record.id)


def _with(held: Holdings, connection: DeclaredConnection) -> Declared:
    """What is held, with the connection as it is wanted."""
    return msgspec.structs.replace(held.declared(), connections={connection.slug: connection})


def _same(work: Work, source: str, destination: str, mode: str) -> list[ConnectionRecord]:
    """The connections of a source to one destination."""
    return [
        each
        for each in Connections(work.transaction, work.workspace.id).of(source)
        if (each.destination, each.mode) == (destination, mode)
    ]


def _check_room(entry: Entry, same: Sequence[ConnectionRecord]) -> None:
    most = 1 if entry.mode == "device" else MOST_INSTANCES
    if len(same) >= most:
        word = "connection" if most == 1 else "connections"
        told = f"a source has at most {most} {word} to {entry.declared.name}"
        raise Invalid([Problem("destination", f"{told}: change or delete {same[0].slug}")])


def _free_slug(work: Work, name: str | None, entry: Entry) -> str:
    slugs = Slugs()
    for each in Connections(work.transaction, work.workspace.id).all():
        slugs.take(each.slug)
    otherwise = slug_of(entry.slug, "connection")
    return slugs.take(slug_of(name, otherwise) if name else otherwise)


def _free_name(entry: Entry, same: Sequence[ConnectionRecord]) -> str:
    """What the destination is called, with a number where that is taken."""
    taken, name = {each.name for each in same}, entry.declared.name
    numbered = (f"{name} {number}" for number in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def _checked_name(name: str, same: Sequence[ConnectionRecord]) -> str:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid([Problem("name", f"must have 1 to {LONGEST_NAME} characters")])
    if any(each.name == name for each in same):
        raise Conflict(
            f"the source has a connection {name!r} to this destination already: choose another name"
        )
    return name


def _installed(entry: Entry | None, record: ConnectionRecord) -> Entry:
    if entry is None:
        raise Refused(f"{record.destination} is not installed here: install its package again")
    return entry


def _check_can_run(entry: Entry | None, record: ConnectionRecord, *, enabled: bool) -> None:
    """What is gone can still be switched off, and what runs may be called running."""
    if enabled and not record.enabled:
        _installed(entry, record)


def _with_settings(
    work: Work, before: DeclaredConnection, settings: Mapping[str, Any]
) -> DeclaredConnection:
    wanted = {
        "slug": before.slug,
        "source": before.source,
        "destination": before.destination,
        "mode": before.mode,
        "settings": settings,
    }
    read = connection_from(work, wanted)
    return msgspec.structs.replace(before, settings=read.settings)
