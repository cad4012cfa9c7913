"""The catalogue of warehouses, under ids that never change."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate import catalog
from headgate.control.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.control.work import Work
    from headgate.warehouses.warehouse import Warehouse

_ID_BYTES: Final = 10


class Kind(NamedTuple):
    """A warehouse of the catalogue."""

    slug: str
    declared: Warehouse

    @property
    def id(self) -> str:
        return f"whk_{blake2b(self.slug.encode(), digest_size=_ID_BYTES).hexdigest()}"

    @property
    def name(self) -> str:
        return self.declared.name

    def settings(self) -> Mapping[str, Any]:
        """What it asks for, in stored form."""
        return self.declared.settings.stored_fields()

    def secrets(self) -> frozenset[str]:
        """The settings that nobody is shown."""
        return self.declared.settings.stored_secrets()


class Page(NamedTuple):
    """A page of the catalogue, and how many warehouses there are in all."""

    kinds: Sequence[Kind]
    total: int


def listed(work: Work, after: str | None, most: int) -> Page:
    """Those whose slug is above `after`."""
    work.check_somewhere("read", "workspace")
    page = [each for each in kinds() if after is None or each.slug > after][:most]
    return Page(page, len(kinds()))


def get(work: Work, wanted: str) -> Kind:
    """By its id or slug. Raises Missing."""
    work.check_somewhere("read", "workspace")
    kind = found(wanted)
    if kind is None:
        raise Missing(f"there is no warehouse {wanted} in the catalogue")
    return kind


def found(wanted: str) -> Kind | None:
    """By its id or slug."""
    return next((each for each in kinds() if wanted in (each.id, each.slug)), None)


def kind_of(slug: str) -> Kind:
    """What a warehouse was made as. Raises LookupError where this Headgate has it no more."""
    return Kind(slug, catalog.warehouse(slug))


@cache
def kinds() -> tuple[Kind, ...]:
    """All of them, by slug."""
    return tuple(Kind(slug, catalog.warehouse(slug)) for slug in catalog.warehouse_slugs())
