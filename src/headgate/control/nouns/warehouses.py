"""Warehouses: databases to load sources into, which nothing does yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from headgate.control.errors import Conflict, Invalid, Problem
from headgate.control.importing_segment.slugs import Slugs, slug_of
from headgate.control.nouns import connection_settings, warehouse_catalog
from headgate.kit.errors import InvalidSettings
from headgate.store.secrets import is_sealed, secret_place
from headgate.store.warehouses import Warehouses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.control.nouns.warehouse_catalog import Kind
    from headgate.control.work import Work
    from headgate.store.records import WarehouseRecord

LONGEST_NAME: Final = 256
NOT_YET: Final = "this Headgate does not load into warehouses yet"


class Listed(NamedTuple):
    """A page of warehouses, and how many there are in all."""

    warehouses: Sequence[WarehouseRecord]
    total: int


def listed(work: Work, after: int | None, most: int) -> Listed:
    """Those that the actor may see, by number above `after`. Raises Forbidden."""
    work.check_somewhere("read", "warehouse")
    warehouses = Warehouses(work.transaction, work.workspace.id)
    if work.actor.may("read", "warehouse"):
        return Listed(warehouses.page(after, most), warehouses.count())
    return page_of(
        [each for each in warehouses.all() if work.may_see_warehouse(each.id)], after, most
    )


def page_of(found: Sequence[WarehouseRecord], after: int | None, most: int) -> Listed:
    """A page of warehouses that stand in the order of their numbers."""
    page = [each for each in found if after is None or each.number > after][:most]
    return Listed(page, len(found))


def get(work: Work, warehouse: str) -> WarehouseRecord:
    """By its id. Raises Missing or Forbidden."""
    return work.warehouse(warehouse)


def create(
    work: Work,
    *,
    kind: str,
    settings: Mapping[str, Any],
    name: str | None = None,
    slug: str | None = None,
    enabled: bool = False,
) -> WarehouseRecord:
    """A warehouse of a kind of the catalogue, by id or slug; no source is connected to it yet.

    Raises Invalid, Conflict or Forbidden.
    """
    work.check("write", "warehouse")
    known = warehouse_catalog.found(kind)
    if known is None:
        raise Invalid([Problem("kind", f"the catalogue has no warehouse {kind!r:.100}")])
    _refuse_enabled(enabled=enabled)
    told = connection_settings.checked(known, settings)
    _check(known, told)
    called = known.name if name is None else _checked_name(name)
    record = Warehouses(work.transaction, work.workspace.id).add(
        slug=_free_slug(work, slug, called, known), name=called, kind=known.slug, at=work.now
    )
    work.note("Storage Destination Created", "WAREHOUSE", record.id, record.slug)
    return _put(work, record, settings=_sealed(work, record, known, told))


def update(
    work: Work,
    warehouse: str,
    *,
    name: str | None = None,
    enabled: bool | None = None,
    settings: Mapping[str, Any] | None = None,
) -> WarehouseRecord:
    """Change what is given; a setting that is None goes, and others stay.

    A secret that is given as it was shown stays as it is. Raises Missing, Invalid, Refused or
    Forbidden.
    """
    record = work.warehouse(warehouse, "write")
    _refuse_enabled(enabled=enabled)
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = _checked_name(name)
    if settings is not None:
        changes["settings"] = _merged(work, record, settings)
    what = [key for key, value in changes.items() if value != getattr(record, key)]
    note_modified(work, record, what)
    return _put(work, record, **changes)


def delete(work: Work, warehouse: str) -> None:
    """With what is connected to it. Raises Missing or Forbidden."""
    record = work.warehouse(warehouse, "write")
    Warehouses(work.transaction, work.workspace.id).remove(record.id)
    work.note("Storage Destination Deleted", "WAREHOUSE", record.id, record.slug)


def note_modified(work: Work, record: WarehouseRecord, what: Sequence[str]) -> None:
    """Write down that a warehouse was changed; `what` are names of fields."""
    work.note("Storage Destination Modified", "WAREHOUSE", record.id, record.slug, what)


def _put(work: Work, record: WarehouseRecord, **changes: Any) -> WarehouseRecord:
    changed = msgspec.structs.replace(record, **changes, updated_at=work.now)
    Warehouses(work.transaction, work.workspace.id).update(changed)
    return changed


def _refuse_enabled(*, enabled: bool | None) -> None:
    if enabled:
        raise Invalid([Problem("enabled", f"{NOT_YET}: leave it switched off")])


def _checked_name(name: str) -> str:
    if not 1 <= len(name.strip()) <= LONGEST_NAME or "\0" in name:
        raise Invalid([Problem("name", f"must have 1 to {LONGEST_NAME} characters")])
    return name.strip()


def _free_slug(work: Work, wanted: str | None, name: str, kind: Kind) -> str:
    warehouses = Warehouses(work.transaction, work.workspace.id)
    if wanted is not None:
        if warehouses.named(wanted) is not None:
            raise Conflict(f"there is a warehouse {wanted} already: choose another slug")
        return wanted
    slugs = Slugs()
    for each in warehouses.all():
        slugs.take(each.slug)
    return slugs.take(slug_of(name, kind.slug))


def _merged(work: Work, record: WarehouseRecord, given: Mapping[str, Any]) -> dict[str, Any]:
    kind = warehouse_catalog.kind_of(record.kind)
    merged = connection_settings.merged(work, record, kind, given)
    _check(
        kind,
        {
            key: connection_settings.opened(work, record, key) if is_sealed(value) else value
            for key, value in merged.items()
        },
    )
    return _sealed(work, record, kind, merged)


def _check(kind: Kind, settings: Mapping[str, Any]) -> None:
    """Settings in plain text. Raises Invalid."""
    try:
        kind.declared.settings.read(settings)
    except InvalidSettings as error:
        raise Invalid(Problem("settings", fault) for fault in error.faults) from None


def _sealed(
    work: Work, record: WarehouseRecord, kind: Kind, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings as they are stored: what is sealed already stays so."""
    plain = {key for key in kind.secrets() & settings.keys() if not is_sealed(settings[key])}
    return {
        key: work.box.seal(value, secret_place(work.workspace.id, record.id, key))
        if key in plain
        else value
        for key, value in settings.items()
    }
