"""Every destination that this installation knows: its own, and those of installed packages.

A slug may name a cloud destination, a browser destination, or one of each: they are found apart,
and the mode of a connection says which is meant. The warehouses are found here, too.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final, TypeVar

from headgate import browser, destinations, warehouses
from headgate.kit import BrowserDestination, Destination
from headgate.warehouses.warehouse import Warehouse

if TYPE_CHECKING:
    from types import ModuleType

_Found = TypeVar("_Found", Destination[Any], BrowserDestination)

ENTRY_POINTS: Final = "headgate.destinations"
"""The group in which a package names its destinations: `slug = "package:destination"`."""

BROWSER_ENTRY_POINTS: Final = "headgate.browser_destinations"
"""The group in which a package names its browser destinations, in the same way."""


class UnknownDestination(LookupError):
    """No destination has this slug; the message lists those there are."""

    def __init__(self, slug: str, there: list[str], kind: str = "destination") -> None:
        super().__init__(f"there is no {kind} {slug!r}; there are: {', '.join(there)}")
        self.slug = slug


class BrokenDestination(TypeError):
    """A folder or an entry point does not hold the destination that it promises."""


def slugs() -> list[str]:
    """The slugs of all cloud destinations, sorted; none is imported for that."""
    return sorted({*_own(), *entry_points(group=ENTRY_POINTS).names})


def browser_slugs() -> list[str]:
    """The slugs of all browser destinations, sorted; no package is imported for that."""
    return sorted({*browser.packaged(), *entry_points(group=BROWSER_ENTRY_POINTS).names})


@cache
def destination(slug: str) -> Destination[Any]:
    """Import and give a cloud destination; ours come before a package's of the same slug.

    Raises `UnknownDestination`, or `BrokenDestination` when the slug leads to something else.
    """
    if slug in _own():
        module = importlib.import_module(f"{destinations.__name__}.{slug}")
        return _checked(slug, _declared(module))
    found = _installed(ENTRY_POINTS, slug)
    if found is None:
        raise UnknownDestination(slug, slugs())
    return _checked(slug, found)


@cache
def browser_destination(slug: str) -> BrowserDestination:
    """Import and give a browser destination; ours come before a package's of the same slug.

    Raises as `destination`.
    """
    if slug in browser.packaged():
        return browser.packaged()[slug]
    found = _installed(BROWSER_ENTRY_POINTS, slug)
    if found is None:
        raise UnknownDestination(slug, browser_slugs(), "browser destination")
    if not isinstance(found, BrowserDestination):
        raise BrokenDestination(f"the entry point {slug!r} gives a {type(found).__name__}")
    return _named(slug, found)


def warehouse_slugs() -> list[str]:
    """The slugs of all warehouses, sorted; none is imported for that."""
    return sorted(_folders(warehouses))


@cache
def warehouse(slug: str) -> Warehouse:
    """Import and give a warehouse. Raises `UnknownDestination`."""
    if slug not in warehouse_slugs():
        raise UnknownDestination(slug, warehouse_slugs(), "warehouse")
    module = importlib.import_module(f"{warehouses.__name__}.{slug}")
    (found,) = (value for value in vars(module).values() if isinstance(value, Warehouse))
    return found


def _own() -> frozenset[str]:
    return _folders(destinations)


def _folders(of: ModuleType) -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(of.__path__) if module.ispkg)


def _installed(group: str, slug: str) -> object | None:
    """What the one package that offers a slug in a group declares; None where none does."""
    points = tuple(entry_points(group=group, name=slug))
    if len(points) > 1:
        packages = ", ".join(point.value for point in points)
        raise BrokenDestination(f"several packages offer {slug!r}: {packages}; remove all but one")
    found: object | None = points[0].load() if points else None
    return found


def _declared(module: ModuleType) -> object:
    found = [value for value in vars(module).values() if isinstance(value, Destination)]
    if len(found) != 1:
        raise BrokenDestination(f"{module.__name__} must declare one Destination, not {len(found)}")
    return found[0]


def _checked(slug: str, found: object) -> Destination[Any]:
    if not isinstance(found, Destination):
        raise BrokenDestination(f"the entry point {slug!r} gives a {type(found).__name__}")
    return _named(slug, found)


def _named(slug: str, found: _Found) -> _Found:
    if found.slug != slug:
        raise BrokenDestination(
            f"the destination {found.name!r} calls itself {found.slug!r} but is found as {slug!r}: "
            f"give it slug={slug!r} or rename its folder or entry point"
        )
    return found
