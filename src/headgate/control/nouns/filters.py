"""Filters: what keeps events, or parts of them, from a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate.clock import iso
from headgate.control.declaring.changing import bring_about, read
from headgate.control.declaring.filter_section import read_filters
from headgate.control.errors import Invalid, Missing, Problem
from headgate.control.nouns.connections import held_of
from headgate.route import filters as routed
from headgate.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.control.work import Work
    from headgate.store.records import ConnectionRecord
    from headgate.store.snapshot import Mode

Filter = dict[str, Any]
"""A filter as it is stored, which is Segment's shape."""


class Seen(NamedTuple):
    """A filter and its connection; it is as old as that where nothing else is known."""

    filter: Filter
    connection: ConnectionRecord

    @property
    def created_at(self) -> str:
        return str(self.filter.get("createdAt") or iso(self.connection.created_at))

    @property
    def updated_at(self) -> str:
        return str(self.filter.get("updatedAt") or iso(self.connection.updated_at))


class Listed(NamedTuple):
    """A page of a connection's filters, and how many it has in all."""

    filters: Sequence[tuple[int, Seen]]
    """Each with its place."""
    total: int


def listed(work: Work, connection: str, after: int | None, most: int) -> Listed:
    """In their order, by place above `after`. Raises Missing."""
    record = work.connection(connection)
    found = [(at, Seen(each, record)) for at, each in enumerate(record.filters)]
    page = [each for each in found if after is None or each[0] > after][:most]
    return Listed(page, len(found))


def get(work: Work, connection: str, filter_id: str) -> Seen:
    """By the ids of both. Raises Missing."""
    record = work.connection(connection)
    return Seen(record.filters[_place(record, filter_id)], record)


def create(work: Work, connection: str, source: str, given: Mapping[str, Any]) -> Seen:
    """One more filter, after the others; `source` must be the connection's own.

    Raises Missing, Invalid or Forbidden.
    """
    record = work.connection(connection, "write")
    if source != record.source:
        told = f"must be {record.source}, the source of {record.slug}"
        raise Invalid([Problem("source", told)])
    now = iso(work.now)
    made = {"id": new_id("flt"), **given, "createdAt": now, "updatedAt": now}
    return _kept(work, record, [*record.filters, made], len(record.filters), "Created")


def update(work: Work, connection: str, filter_id: str, given: Mapping[str, Any]) -> Seen:
    """Change what is given; what is None goes. Raises Missing, Invalid or Forbidden."""
    record = work.connection(connection, "write")
    at, filters = _place(record, filter_id), list(record.filters)
    changed = {**filters[at], **given, "updatedAt": iso(work.now)}
    filters[at] = {key: value for key, value in changed.items() if value is not None}
    filters[at].setdefault("createdAt", iso(record.created_at))
    return _kept(work, record, filters, at, "Modified", tuple(given))


def remove(work: Work, connection: str, filter_id: str) -> None:
    """Raises Missing or Forbidden."""
    record = work.connection(connection, "write")
    at, filters = _place(record, filter_id), list(record.filters)
    gone = filters.pop(at)
    _put(work, record, filters)
    _note(work, "Deleted", gone)


def preview(work: Work, given: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the router makes of an event with such a filter. Raises Invalid."""
    work.check_somewhere("read", "source")
    checked = _read([{"title": "preview", **given}], 0, "preview", "cloud")
    return routed.preview(checked[0], payload)


def _place(record: ConnectionRecord, filter_id: str) -> int:
    for at, each in enumerate(record.filters):
        if each["id"] == filter_id:
            return at
    raise Missing(f"{record.slug} has no filter {filter_id}")


def _kept(
    work: Work,
    record: ConnectionRecord,
    filters: Sequence[Filter],
    at: int,
    verb: str,
    what: Sequence[str] = (),
) -> Seen:
    checked = _read(filters, at, record.slug, record.mode)
    changed = _put(work, record, checked)
    _note(work, verb, checked[at], what)
    return Seen(checked[at], changed)


def _read(filters: Sequence[Filter], at: int, slug: str, mode: Mode) -> list[Filter]:
    """Checked as a declaration file is; problems are named as fields of the one at `at`."""
    try:
        checked: list[Filter] = read(
            lambda section: read_filters(section, slug, mode), {"filters": list(filters)}
        )
    except Invalid as error:
        own = f"filters[{at}]."
        raise Invalid(
            Problem(each.path.removeprefix(own), each.message) for each in error.problems
        ) from None
    return checked


def _put(work: Work, record: ConnectionRecord, filters: list[Filter]) -> ConnectionRecord:
    held = held_of(work, record)
    before = held.declared()
    wanted = msgspec.structs.replace(before.connections[record.slug], filters=filters)
    whole = msgspec.structs.replace(before, connections={record.slug: wanted})
    bring_about(work, held, whole, is_noted=False)
    return work.connection(record.id)


def _note(work: Work, verb: str, about: Filter, what: Sequence[str] = ()) -> None:
    resource, title = about["id"], about["title"]
    work.note(f"Destination Filter {verb}", "DESTINATION_FILTER", resource, title, what)
