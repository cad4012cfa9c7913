"""The plugins of connections in device mode: where each is, and those that packages bring."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.browser import BUILT, BrowserFile
from headgate.browser.files import ACTIONS_PATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.kit import BrowserDestination
    from headgate.store.snapshot import Snapshot

DEVICE = "device"


def plugin_path(destination: BrowserDestination) -> str:
    """Give the path of a plugin's URL; its last part changes with the content.

    Raises `FileNotFoundError` when the plugin is not built.
    """
    name = destination.plugin.name if is_packaged(destination) else f"{destination.digest}.js"
    return f"{ACTIONS_PATH}/{destination.slug}/{name}"


def is_packaged(destination: BrowserDestination) -> bool:
    """Whether the plugin is one of the built files, which have names of their own."""
    return isinstance(destination.plugin, Path) and destination.plugin.is_relative_to(BUILT)


def installed(slug: str) -> BrowserDestination:
    """Find a browser destination in the catalogue, which is loaded where there is one to find."""
    from headgate import catalog

    return catalog.browser_destination(slug)


class Plugins:
    """The files of those plugins that are not among the built files, by path.

    `find` gives a browser destination by its slug, and raises what it likes when it cannot.
    """

    def __init__(self, find: Callable[[str], BrowserDestination] = installed) -> None:
        self._find = find
        self._loaded: dict[str, dict[str, BrowserFile]] = {}

    def configure(self, snapshot: Snapshot) -> None:
        """Serve the plugins of every connection in device mode.

        A plugin stays as it was first read: its path is that of this content. One that cannot be
        read is told of, and looked for again with the next snapshot.
        """
        slugs = {each.destination for each in snapshot.connections.values() if each.mode == DEVICE}
        for slug in slugs - self._loaded.keys():
            try:
                self._loaded[slug] = self._load(slug)
            except Exception as error:  # noqa: BLE001 - whatever is wrong, the others go on
                from headgate.telemetry import log  # it loads much, for a rare case

                log.error("plugin.invalid", destination=slug, error=str(error))

    def file(self, path: str) -> BrowserFile | None:
        """Give the plugin at a path; None where there is none."""
        return next((files[path] for files in self._loaded.values() if path in files), None)

    def _load(self, slug: str) -> dict[str, BrowserFile]:
        destination = self._find(slug)
        if is_packaged(destination):
            return {}
        content = destination.plugin.read_bytes()
        return {plugin_path(destination): BrowserFile(content, gzip.compress(content, mtime=0))}
