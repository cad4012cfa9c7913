"""What was declared but no change can bring about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control.declaring.people_plan import impossible_people
from headgate.control.errors import DeclarationError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.declaring.declared import Declared, DeclaredConnection


def refuse_impossible(current: Declared, wanted: Declared, *, prune: bool) -> None:
    """Raise DeclarationError, with paths as in the file that declared `wanted`."""
    problems = [
        *_missing_apps(current, wanted, prune=prune),
        *_missing_sources(current, wanted, prune=prune),
        *_moved_connections(current, wanted),
        *_second_plugins(current, wanted, prune=prune),
        *_foreign_keys(current, wanted, prune=prune),
        *_impossible_warehouses(current, wanted, prune=prune),
        *impossible_people(current, wanted, prune=prune),
    ]
    if problems:
        raise DeclarationError(problems)


def _missing_apps(current: Declared, wanted: Declared, *, prune: bool) -> Iterator[Problem]:
    there = set(wanted.oauth_apps) | (set() if prune else set(current.oauth_apps))
    for index, source in enumerate(wanted.sources.values()):
        for place, slug in enumerate(source.oauth.apps if source.oauth else ()):
            if slug not in there:
                yield Problem(
                    f"sources[{index}].oauth.apps[{place}]",
                    f"there is no OAuth app {slug!r}: declare it under oauth_apps",
                )


def _missing_sources(current: Declared, wanted: Declared, *, prune: bool) -> Iterator[Problem]:
    there = set(wanted.sources) | (set() if prune else set(current.sources))
    for index, connection in enumerate(wanted.connections.values()):
        if connection.source not in there:
            yield Problem(
                f"connections[{index}].source",
                f"there is no source {connection.source!r}: declare it under sources",
            )


def _moved_connections(current: Declared, wanted: Declared) -> Iterator[Problem]:
    """What a connection delivered is counted for its source: it cannot become another's."""
    for index, (slug, after) in enumerate(wanted.connections.items()):
        before = current.connections.get(slug)
        for field in ("source", "destination", "mode") if before else ():
            was, now = getattr(before, field), getattr(after, field)
            if was != now:
                yield Problem(
                    f"connections[{index}].{field}",
                    f"connection {slug} has the {field} {was} and cannot change it to {now}: "
                    "declare a connection with another slug, and delete this one with --prune",
                )


def _second_plugins(current: Declared, wanted: Declared, *, prune: bool) -> Iterator[Problem]:
    """A page loads a destination's plugin once: one connection for each source (domain 4)."""
    kept = () if prune else current.connections.items()
    others = [each for slug, each in kept if slug not in wanted.connections]
    for index, connection in enumerate(wanted.connections.values()):
        same = [each for each in others if _plugin(each) == _plugin(connection)]
        if connection.mode == "device" and same:
            yield Problem(
                f"connections[{index}].destination",
                f"connection {same[0].slug} brings {connection.destination} to the pages of "
                f"source {connection.source} already: keep one of the two",
            )
        others.append(connection)


def _plugin(connection: DeclaredConnection) -> tuple[str, str, str]:
    return connection.source, connection.destination, connection.mode


def _foreign_keys(current: Declared, wanted: Declared, *, prune: bool) -> Iterator[Problem]:
    owners = _owners(current, wanted, prune=prune)
    for index, (slug, source) in enumerate(wanted.sources.items()):
        for place, key in enumerate(source.write_keys or ()):
            if owners.get(key, slug) != slug:
                yield Problem(
                    f"sources[{index}].write_keys[{place}]",
                    f"source {owners[key]} has the write key {key}: take it from there first, "
                    "or with --prune in the same file",
                )


def _impossible_warehouses(
    current: Declared, wanted: Declared, *, prune: bool
) -> Iterator[Problem]:
    """What is loaded is in the form of its kind: it cannot become another's."""
    there = set(wanted.sources) | (set() if prune else set(current.sources))
    for index, (slug, after) in enumerate((wanted.warehouses or {}).items()):
        before = (current.warehouses or {}).get(slug)
        if before is not None and before.kind != after.kind:
            told = f"warehouse {slug} is of the kind {before.kind}: declare one with another slug"
            yield Problem(f"warehouses[{index}].kind", told)
        for place, source in enumerate(after.sources):
            if source not in there:
                told = f"there is no source {source!r}: declare it under sources"
                yield Problem(f"warehouses[{index}].sources[{place}]", told)


def _owners(current: Declared, wanted: Declared, *, prune: bool) -> dict[str, str]:
    """Which source keeps which key, once what is pruned is gone."""
    return {
        key: slug
        for slug, source in current.sources.items()
        for key in source.write_keys or ()
        if not (prune and _gives_up(wanted, slug, key))
    }


def _gives_up(wanted: Declared, slug: str, key: str) -> bool:
    source = wanted.sources.get(slug)
    return source is None or (source.write_keys is not None and key not in source.write_keys)
