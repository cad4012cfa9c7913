"""The audit trail: what people did, and whether nobody touched what is written of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.store.trail import End, Search, Trail

if TYPE_CHECKING:
    from headgate.control.work import Work
    from headgate.store.records import AuditRecord

__all__ = ["End", "Listed", "Search", "Verdict", "listed", "verified"]


class Listed(NamedTuple):
    """A page of records, and how many there are in all."""

    records: tuple[AuditRecord, ...]
    total: int


class Verdict(NamedTuple):
    """`broken_at` is the number of the first record that does not follow from those before it.

    `has_known` tells whether a record that once was the last one is there, and the same.
    """

    end: End
    broken_at: int | None
    has_known: bool


def listed(work: Work, search: Search, before: int | None, most: int) -> Listed:
    """From the newest on, by number below `before`. Raises Forbidden."""
    work.check("read", "audit")
    trail = Trail(work.transaction, work.workspace.id)
    return Listed(trail.found(search, before, most), trail.how_many(search))


def verified(work: Work, known: End | None = None) -> Verdict:
    """Every record is read. Raises Forbidden."""
    work.check("read", "audit")
    trail = Trail(work.transaction, work.workspace.id)
    return Verdict(trail.end(), trail.broken_at(), known is None or trail.has(known))
