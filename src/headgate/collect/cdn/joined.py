"""What each source is joined to: names of destinations that we deliver to, and plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from headgate.collect.cdn.document import Cloud, Plugin
from headgate.collect.cdn.plugins import plugin_path
from headgate.collect.cdn.routing import filter_rules
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headgate.kit import BrowserDestination
    from headgate.store.snapshot import Connection, Snapshot


class Catalogue(Protocol):
    """What is asked of the catalogue; it raises what it likes for what it cannot give."""

    def name(self, slug: str) -> str:
        """What people call a cloud destination."""
        ...

    def plugin(self, slug: str) -> BrowserDestination: ...


class Installed:
    """The catalogue of this installation; its destinations are imported only when asked for."""

    def name(self, slug: str) -> str:
        from headgate import catalog

        return catalog.destination(slug).name

    def plugin(self, slug: str) -> BrowserDestination:
        from headgate import catalog

        return catalog.browser_destination(slug)


class Sides(NamedTuple):
    """Both sides of a source: destinations by name, and plugins, each in order of connections."""

    cloud: list[Cloud]
    plugins: list[Plugin]


class Joined:
    """The enabled connections of each source. One that cannot be read is told of and left out."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self._catalogue = catalogue or Installed()
        self._snapshot: Snapshot | None = None

    def configure(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def of(self, source: int) -> Sides:
        """Give what a source, by its number, is joined to."""
        own = [each for each in self._enabled() if each.source == source]
        found = [side for each in own if (side := self._read(each)) is not None]
        return Sides(
            _by_name(side for side in found if isinstance(side, Cloud)),
            [side for side in found if isinstance(side, Plugin)],
        )

    def _enabled(self) -> Iterator[Connection]:
        if self._snapshot is not None:
            yield from (each for each in self._snapshot.connections.values() if each.enabled)

    def _read(self, connection: Connection) -> Plugin | Cloud | None:
        slug = connection.destination
        try:
            if connection.mode == "cloud":
                return Cloud(self._catalogue.name(slug), tuple(connection.consent))
            destination = self._catalogue.plugin(slug)
            rules = filter_rules(destination.creation_name, connection.filters)
            return Plugin(connection, destination, plugin_path(destination), rules)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the others go on
            log.error("connection.invalid", connection=connection.id, error=str(error))
            return None


def _by_name(sides: Iterable[Cloud]) -> list[Cloud]:
    """One for each name; pages are told what all its connections agree on."""
    found: dict[str, Cloud] = {}
    for each in sides:
        before = found.get(each.name, each)
        found[each.name] = each if before == each else Cloud(each.name)
    return list(found.values())
