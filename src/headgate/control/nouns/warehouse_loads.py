"""When a warehouse is to be loaded, and what of its sources; nothing ever was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from headgate.control.errors import Invalid, Problem
from headgate.control.nouns.warehouse_sources import check_connected
from headgate.control.nouns.warehouses import NOT_YET, note_modified
from headgate.store.records import Schedule
from headgate.store.warehouses import Selections, Warehouses, WarehouseSources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headgate.control.work import Work
    from headgate.store.records import WarehouseRecord

MOST: Final = 200
"""How many choices may come at once."""
LONGEST_NAME: Final = 256
_ALWAYS: Final = frozenset({"id", "received_at"})
"""Loads need them: rows are merged by the one, and read by the other (domain section 16)."""


class Choice(NamedTuple):
    """Whether a collection of a source is loaded, or one of its properties; "" for the whole."""

    source: str
    collection: str
    property: str
    enabled: bool


class Selected(NamedTuple):
    """What was said of a collection, and of its properties by name."""

    collection: str
    enabled: bool
    properties: dict[str, bool]


class Listed(NamedTuple):
    """A page of what was selected, and how many collections there are in all."""

    selected: list[Selected]
    total: int


class Done(NamedTuple):
    """Whether anything is other than it was, and what whoever chose has to know."""

    is_changed: bool
    warnings: tuple[str, ...]


def schedule(work: Work, warehouse: str) -> Schedule | None:
    """None where none was given. Raises Missing or Forbidden."""
    return work.warehouse(warehouse).schedule


def reschedule(
    work: Work, warehouse: str, *, enabled: bool, given: Mapping[str, Any] | None
) -> Schedule | None:
    """`given` is `{times: [{hourOfDay, enabled}], timezone}`; None takes the schedule away.

    Raises Missing, Invalid or Forbidden.
    """
    record = work.warehouse(warehouse, "write")
    wanted = None if given is None else _schedule(given, enabled=enabled)
    if wanted is None and enabled:
        raise Invalid([Problem("schedule", "is required where enabled is true")])
    changed = msgspec.structs.replace(record, schedule=wanted, updated_at=work.now)
    Warehouses(work.transaction, work.workspace.id).update(changed)
    note_modified(work, record, ("schedule",) if wanted != record.schedule else ())
    return wanted


def selected(work: Work, warehouse: str, source: str, after: str | None, most: int) -> Listed:
    """What was chosen of a connected source, by collection above `after`.

    What nobody chose is loaded, and not told. Raises Missing or Forbidden.
    """
    record = connected(work, warehouse, source)
    chosen = Selections(work.transaction, work.workspace.id).of(record.id, source)
    names = sorted({each.collection for each in chosen})
    said = {(each.collection, each.property): each.enabled for each in chosen}
    found = [
        Selected(
            name,
            said.get((name, ""), True),
            {of: is_on for (each, of), is_on in sorted(said.items()) if each == name and of},
        )
        for name in names
        if after is None or name > after
    ]
    return Listed(found[:most], len(names))


def connected(work: Work, warehouse: str, source: str) -> WarehouseRecord:
    """The warehouse, if the source is connected to it. Raises Missing or Forbidden."""
    record = work.warehouse(warehouse)
    check_connected(work, record, work.source(source).id)
    return record


def select(work: Work, warehouse: str, choices: Sequence[Choice]) -> Done:
    """Only owners choose what is loaded (domain section 21). Raises Missing, Invalid, Forbidden."""
    work.check("write", "workspace")
    record = work.warehouse(warehouse, "write")
    sources = WarehouseSources(work.transaction, work.workspace.id).of_warehouse(record.id)
    if problems := list(_problems(choices, sources)):
        raise Invalid(problems)
    selections = Selections(work.transaction, work.workspace.id)
    said = {
        (each.source, each.collection, each.property): each.enabled
        for each in selections.of(record.id)
    }
    new = [each for each in choices if said.get(each[:3]) != each.enabled]
    for each in new:
        selections.put(
            warehouse=record.id,
            source=each.source,
            collection=each.collection,
            property=each.property,
            enabled=each.enabled,
        )
    note_modified(work, record, ("selection",) if new else ())
    return Done(bool(new), (NOT_YET,))


def _schedule(given: Mapping[str, Any], *, enabled: bool) -> Schedule:
    times, timezone = given["times"], given["timezone"]
    problems = [*_hour_problems(times), *_zone_problems(timezone)]
    if problems:
        raise Invalid(problems)
    hours = {int(each["hourOfDay"]): bool(each["enabled"]) for each in times}
    return Schedule(enabled=enabled, timezone=timezone, hours=dict(sorted(hours.items())))


def _hour_problems(times: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    known = set[int]()
    for place, each in enumerate(times):
        where, hour = f"schedule.times.{place}.hourOfDay", each["hourOfDay"]
        if hour not in range(24):
            yield Problem(where, "must be a whole number from 0 to 23")
        elif hour in known:
            yield Problem(where, f"{int(hour)} stands there twice")
        else:
            known.add(int(hour))


def _zone_problems(timezone: str) -> Iterator[Problem]:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem("schedule.timezone", "must be a time zone such as Europe/Berlin")


def _problems(choices: Sequence[Choice], sources: Sequence[str]) -> Iterator[Problem]:
    if len(choices) > MOST:
        yield Problem("choices", f"has at most {MOST}")
        return
    for place, each in enumerate(choices):
        if each.source not in sources:
            told = f"source {each.source:.100} is not connected to this warehouse"
            yield Problem(f"choices.{place}.sourceId", told)
        if not _is_name(each.collection):
            told = f"names one collection, by 1 to {LONGEST_NAME} characters: disconnect the source"
            yield Problem(f"choices.{place}.collection", f"{told} to load nothing of it")
        if each.property and not _is_name(each.property):
            yield Problem(f"choices.{place}.property", f"has at most {LONGEST_NAME} characters")
        if each.property in _ALWAYS and not each.enabled:
            yield Problem(f"choices.{place}.property", f"{each.property} is always loaded")


def _is_name(text: str) -> bool:
    return 1 <= len(text) <= LONGEST_NAME and "\0" not in text
