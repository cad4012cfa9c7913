"""The catalogue of this installation, as control asks for it."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from headgate import catalog, mapping, trigger
from headgate.control.catalogue import ActionEntry, DestinationEntry
from headgate.kit.access import read_account, secret_settings

if TYPE_CHECKING:
    from collections.abc import Mapping


class InstalledCatalogue:
    """What is in `destinations/` and in installed packages, with the real languages."""

    def destination(self, slug: str) -> DestinationEntry:
        try:
            return _entry(slug)
        except catalog.BrokenDestination as error:
            raise LookupError(str(error)) from None

    def check_trigger(self, text: str, mode: trigger.Mode) -> None:
        trigger.compile(text, mode)

    def check_mapping(self, given: Mapping[str, Any], mode: mapping.Mode) -> None:
        mapping.compile(dict(given), mode)


@cache
def _entry(slug: str) -> DestinationEntry:
    found = catalog.destination(slug)
    return DestinationEntry(
        check_settings=partial(read_account, found),
        secrets=secret_settings(found),
        actions={
            name: ActionEntry(mapping=action.payload.default_mapping(), trigger=action.trigger)
            for name, action in found.actions.items()
        },
    )
