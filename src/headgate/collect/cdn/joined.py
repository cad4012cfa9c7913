"""What each source is joined to: names of destinations that we deliver to, and plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from headgate.collect.cdn.document import Plugin
from headgate.collect.cdn.plugins import plugin_path
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    cloud: list[str]
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
        names = dict.fromkeys(side for side in found if isinstance(side, str))
        return Sides([*names], [side for side in found if isinstance(side, Plugin)])

    def _enabled(self) -> Iterator[Connection]:
        if self._snapshot is not None:
            yield from (each for each in self._snapshot.connections.values() if each.enabled)

    def _read(self, connection: Connection) -> Plugin | str | None:
        slug = connection.destination
        try:
            if connection.mode == "cloud":
                return self._catalogue.name(slug)
            destination = self._catalogue.plugin(slug)
            return Plugin(connection, destination, plugin_path(destination))
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the others go on
            log.error("connection.invalid", connection=connection.id, error=str(error))
            return None
