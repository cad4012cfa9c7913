"""Search: whatever an actor may see, by a part of its name, its slug or its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from headgate.control.observing.sight import visible
from headgate.store.people import Members, Users
from headgate.store.warehouses import Warehouses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.work import Work

MOST_FOUND: Final = 50


class Hit(msgspec.Struct, frozen=True):
    """Something that was found; `source` is the id of the source that a connection belongs to."""

    kind: str
    id: str
    slug: str
    name: str
    source: str | None = None


def found(work: Work, text: str) -> list[Hit]:
    """Those in which the text stands, whatever its capitals; those that begin with it first."""
    wanted = text.strip().casefold()
    hits = [each for each in _all(work) if wanted and _is_in(wanted, each)]
    return sorted(hits, key=lambda each: _rank(wanted, each))[:MOST_FOUND]


def _all(work: Work) -> Iterator[Hit]:
    seen = visible(work)
    for source in seen.sources:
        yield Hit("source", source.id, source.slug, source.name)
    for connection in seen.connections:
        yield Hit("connection", connection.id, connection.slug, connection.name, connection.source)
    for warehouse in Warehouses(work.transaction, work.workspace.id).all():
        if work.may_see_warehouse(warehouse.id):
            yield Hit("warehouse", warehouse.id, warehouse.slug, warehouse.name)
    if work.actor.may("read", "user"):
        members = Members(work.transaction, work.workspace.id).all()
        for user in Users(work.transaction).these(each.user for each in members):
            yield Hit("user", user.id, user.email, user.name)


def _is_in(wanted: str, hit: Hit) -> bool:
    return any(wanted in each.casefold() for each in (hit.name, hit.slug, hit.id))


def _rank(wanted: str, hit: Hit) -> tuple[bool, str, str]:
    names = (hit.name.casefold(), hit.slug.casefold(), hit.id.casefold())
    return not any(each.startswith(wanted) for each in names), hit.slug, hit.id
