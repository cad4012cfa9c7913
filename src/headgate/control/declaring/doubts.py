"""What is declared and can have no effect: told, not refused, as it may be meant for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.route.names import names_of, names_of_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.declaring.declared import Declared


def doubts(current: Declared, wanted: Declared) -> Iterator[str]:
    """Names in schemas that lead to no destination of the source: misspelt, they block nothing."""
    for slug, source in wanted.sources.items():
        toggled = source.schema.integrations if source.schema else {}
        known = _names(slug, current, wanted) if toggled else frozenset[str]()
        unknown = {name for toggles in toggled.values() for name in toggles} - known
        for name in sorted(unknown):
            yield f"no connection of source {slug} goes by {name!r}, which its schema names"


def _names(source: str, current: Declared, wanted: Declared) -> frozenset[str]:
    """Every name of the destinations that the source is, or will be, joined to."""
    connections = {**current.connections, **wanted.connections}.values()
    return frozenset[str]().union(
        *[
            names_of(each.destination)
            if each.mode == "cloud"
            else names_of_plugin(each.destination)
            for each in connections
            if each.source == source
        ]
    )
