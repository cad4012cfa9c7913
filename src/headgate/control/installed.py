"""The catalogue of this installation, as control asks for it."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from headgate import catalog, mapping, trigger
from headgate.control.catalogue import ActionEntry, DestinationEntry, WrongMode, texts_of
from headgate.kit.access import read_account, secret_settings
from headgate.mapping import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headgate.store.snapshot import Mode


class InstalledCatalogue:
    """What is in `destinations/` and in installed packages, with the real languages."""

    def destination(self, slug: str, mode: Mode | None = None) -> DestinationEntry:
        modes = _modes(slug)
        if mode is not None and modes and mode not in modes:
            raise WrongMode(_WRONG[mode].format(slug=slug))
        try:
            return _ENTRIES[mode or (modes[0] if modes else "cloud")](slug)
        except catalog.BrokenDestination as error:
            raise LookupError(str(error)) from None

    def check_trigger(self, text: str, mode: trigger.Mode) -> None:
        trigger.compile(text, mode)

    def check_mapping(self, given: Mapping[str, Any], mode: mapping.Mode) -> None:
        mapping.compile(dict(given), mode)

    def check_page_mapping(self, given: Mapping[str, Any]) -> None:
        mapping.compile(dict(given), "compatible")
        if faults := tuple(page.faults(given)):
            raise mapping.MappingError(*faults)


def _modes(slug: str) -> list[Mode]:
    """The modes in which there is a destination of this slug, cloud first."""
    offered: dict[Mode, list[str]] = {"cloud": catalog.slugs(), "device": catalog.browser_slugs()}
    return [mode for mode, slugs in offered.items() if slug in slugs]


@cache
def _cloud(slug: str) -> DestinationEntry:
    found = catalog.destination(slug)
    return DestinationEntry(
        check_settings=partial(read_account, found),
        secrets=secret_settings(found),
        actions={
            name: ActionEntry(mapping=action.payload.default_mapping(), trigger=action.trigger)
            for name, action in found.actions.items()
        },
        texts=texts_of(found.settings.stored_fields()),
    )


@cache
def _device(slug: str) -> DestinationEntry:
    found = catalog.browser_destination(slug)
    return DestinationEntry(
        check_settings=found.check_settings,
        secrets=frozenset(),
        actions={
            name: ActionEntry(mapping=action.default_mapping(), trigger=action.trigger)
            for name, action in found.actions.items()
        },
        mode="device",
        texts=texts_of(found.settings),
    )


_ENTRIES: Final[Mapping[Mode, Callable[[str], DestinationEntry]]] = {
    "cloud": _cloud,
    "device": _device,
}
_WRONG: Final[Mapping[Mode, str]] = {
    "cloud": "{slug} runs in pages only: write `mode: device`, or leave the mode out",
    "device": "no plugin for pages is called {slug}: write `mode: cloud`, or leave the mode out",
}
