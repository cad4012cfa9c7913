"""A warehouse as a declaration file says it: read, and written again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headgate.control.catalogue import text_fault, texts_of
from headgate.control.declaring.declared import (
    DeclaredSchedule,
    DeclaredWarehouse,
    Plain,
    Reference,
    warehouse_owner,
)
from headgate.control.declaring.people_section import slugs
from headgate.control.declaring.reading import SLUG
from headgate.store.secrets import is_sealed

if TYPE_CHECKING:
    from headgate.control.declaring.reading import Section
    from headgate.control.nouns.warehouse_catalog import Kind

_KEYS = ("slug", "name", "kind", "enabled", "settings", "sources", "schedule", "left_out")
_HOURS = range(24)


def read_warehouse(section: Section) -> DeclaredWarehouse:
    """A name that is not given is the slug."""
    from headgate.control.nouns.warehouses import NOT_YET  # loads the kit, so for these alone

    section.allow(*_KEYS)
    slug = section.text("slug", like=SLUG)
    if section.flag("enabled", default=False):
        section.refuse(f"{NOT_YET}: leave it switched off", "enabled")
    return DeclaredWarehouse(
        slug=slug,
        name=section.text("name", slug or "?").strip(),
        kind=str(section.any("kind")),
        settings=_settings(section, warehouse_owner(slug)),
        sources=slugs(section, "sources"),
        schedule=_schedule(section.section("schedule")) if section.has("schedule") else None,
        left_out=_left_out(section),
    )


def written_warehouse(warehouse: DeclaredWarehouse) -> dict[str, Any]:
    """As `read_warehouse` reads it; secrets are told by their names."""
    prefix = warehouse_owner(warehouse.slug)
    more = {"sources": list(warehouse.sources), "left_out": _written_left_out(warehouse)}
    if warehouse.schedule is not None:
        more["schedule"] = _written_schedule(warehouse.schedule)
    return {
        "slug": warehouse.slug,
        "name": warehouse.name,
        "kind": warehouse.kind,
        "settings": {
            field: Reference(f"{prefix}.{field}") if is_sealed(value) else value
            for field, value in warehouse.settings.items()
        },
        **{key: value for key, value in more.items() if value},
    }


def _settings(section: Section, prefix: str) -> dict[str, Any]:
    from headgate.control.nouns import warehouse_catalog

    given, name = section.object("settings"), section.text("kind")
    kind = warehouse_catalog.found(name)
    if kind is None:
        known = ", ".join(each.slug for each in warehouse_catalog.kinds())
        section.refuse(f"there is no warehouse {name!r}; there is {known}", "kind")
        return {}
    read = {field: _setting(section, prefix, kind, field) for field in given}
    if not any(isinstance(value, Reference) for value in read.values()):
        _check(section, kind)
    return read


def _check(section: Section, kind: Kind) -> None:
    """As far as the file tells them: where a secret is named alone, applying does it."""
    try:
        kind.declared.settings.read(section.object("settings"))
    except ValueError as error:
        section.refuse(str(error), "settings")


def _setting(section: Section, prefix: str, kind: Kind, field: str) -> Any:
    value, own = section.object("settings")[field], f"{prefix}.{field}"
    if field not in kind.settings():
        section.refuse(f"is no setting of {kind.name}", "settings", field)
    elif field in texts_of(kind.settings()) and (fault := text_fault(value)):
        section.refuse(fault, "settings", field)
    if isinstance(value, dict):
        if field not in kind.secrets() or value != {"@secret": own}:
            section.refuse(
                f'must be the value, or of a secret {{"@secret": "{own}"}}', "settings", field
            )
        return Reference(own)
    return Plain(value) if field in kind.secrets() and value is not None else value


def _schedule(section: Section) -> DeclaredSchedule:
    section.allow("enabled", "timezone", "times")
    timezone, hours = section.text("timezone"), dict[int, bool]()
    if timezone and not _is_zone(timezone):
        section.refuse("must be a time zone such as Europe/Berlin", "timezone")
    for each in section.sections("times"):
        each.allow("hourOfDay", "enabled")
        hour, is_on = each.any("hourOfDay"), each.flag("enabled", default=True)
        if type(hour) is not int or hour not in _HOURS or hour in hours:
            each.refuse("must be a whole number from 0 to 23, each once", "hourOfDay")
        else:
            hours[hour] = is_on
    enabled = section.flag("enabled", default=True)
    return DeclaredSchedule(enabled=enabled, timezone=timezone, hours=dict(sorted(hours.items())))


def _is_zone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _written_schedule(schedule: DeclaredSchedule) -> dict[str, Any]:
    times = [{"hourOfDay": hour, "enabled": is_on} for hour, is_on in schedule.hours.items()]
    return {"enabled": schedule.enabled, "timezone": schedule.timezone, "times": times}


def _left_out(section: Section) -> tuple[tuple[str, str, str], ...]:
    found, connected = set(), slugs(section, "sources")
    for each in section.sections("left_out"):
        each.allow("source", "collection", "property")
        source, collection = each.text("source"), each.text("collection")
        if source and source not in connected:
            each.refuse(f"{source!r} is not among the sources of this warehouse", "source")
        found.add((source, collection, each.text("property") if each.has("property") else ""))
    return tuple(sorted(found))


def _written_left_out(warehouse: DeclaredWarehouse) -> list[dict[str, str]]:
    return [
        {"source": source, "collection": collection, **({"property": name} if name else {})}
        for source, collection, name in warehouse.left_out
    ]
