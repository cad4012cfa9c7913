"""Every destination that this installation knows: its own, and those of installed packages."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

from headgate import destinations
from headgate.kit import Destination

if TYPE_CHECKING:
    from types import ModuleType

ENTRY_POINTS: Final = "headgate.destinations"
"""The group in which a package names its destinations: `slug = "package:destination"`."""


class UnknownDestination(LookupError):
    """No destination has this slug; the message lists those there are."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"there is no destination {slug!r}; there are: {', '.join(slugs())}")
        self.slug = slug


class BrokenDestination(TypeError):
    """A folder or an entry point does not hold the destination that it promises."""


def slugs() -> list[str]:
    """The slugs of all destinations, sorted; none is imported for that."""
    return sorted({*_own(), *entry_points(group=ENTRY_POINTS).names})


@cache
def destination(slug: str) -> Destination[Any]:
    """Import and give a destination; ours come before a package's of the same slug.

    Raises `UnknownDestination`, or `BrokenDestination` when the slug leads to something else.
    """
    if slug in _own():
        module = importlib.import_module(f"{destinations.__name__}.{slug}")
        return _checked(slug, _declared(module))
    points = tuple(entry_points(group=ENTRY_POINTS, name=slug))
    if not points:
        raise UnknownDestination(slug)
    if len(points) > 1:
        packages = ", ".join(point.value for point in points)
        raise BrokenDestination(f"several packages offer {slug!r}: {packages}; remove all but one")
    return _checked(slug, points[0].load())


def _own() -> frozenset[str]:
    return frozenset(
        module.name for module in pkgutil.iter_modules(destinations.__path__) if module.ispkg
    )


def _declared(module: ModuleType) -> object:
    found = [value for value in vars(module).values() if isinstance(value, Destination)]
    if len(found) != 1:
        raise BrokenDestination(f"{module.__name__} must declare one Destination, not {len(found)}")
    return found[0]


def _checked(slug: str, found: object) -> Destination[Any]:
    if not isinstance(found, Destination):
        raise BrokenDestination(f"the entry point {slug!r} gives a {type(found).__name__}")
    if found.slug != slug:
        raise BrokenDestination(
            f"the destination {found.name!r} calls itself {found.slug!r} but is found as {slug!r}: "
            f"give it slug={slug!r} or rename its folder or entry point"
        )
    return found
