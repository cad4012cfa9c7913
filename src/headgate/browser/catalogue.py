"""The packaged browser destinations: what Segment's packages say of them, as the kit has it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.browser.files import ACTIONS, BUILT
from headgate.kit import BrowserDestination
from headgate.kit.browser import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class _Action(msgspec.Struct, frozen=True, rename="camel"):
    title: str
    fields: dict[str, Any]
    description: str = ""
    default_subscription: str | None = None
    lifecycle_hook: Stage = "destination"
    hidden: bool = False


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    slug: str
    name: str
    description: str
    library_name: str
    file: str
    settings: dict[str, Any]
    actions: dict[str, _Action]


@cache
def packaged() -> Mapping[str, BrowserDestination]:
    """Give the packaged destinations by slug; none when they are not built."""
    return read(BUILT)


def read(built: Path) -> dict[str, BrowserDestination]:
    catalogue = built / "catalogue.json"
    if not catalogue.exists():
        return {}
    entries = msgspec.json.decode(catalogue.read_bytes(), type=list[_Entry])
    return {entry.slug: _destination(entry, built / ACTIONS) for entry in entries}


def _destination(entry: _Entry, folder: Path) -> BrowserDestination:
    destination = BrowserDestination(
        entry.name,
        slug=entry.slug,
        description=entry.description,
        settings=entry.settings,
        plugin=folder / entry.slug / entry.file,
        library=entry.library_name,
        docs="",
    )
    for slug, action in entry.actions.items():
        destination.action(
            action.fields,
            action.title,
            slug=slug,
            description=action.description,
            trigger=action.default_subscription,
            stage=action.lifecycle_hook,
            hidden=action.hidden,
        )
    return destination
