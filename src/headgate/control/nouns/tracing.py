"""The trace of one message: its copies, and what became of it everywhere it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from headgate.control.observing import personal
from headgate.control.observing.sight import ledgers_of, look, seen_snapshot, sight
from headgate.control.observing.traces import trace
from headgate.store.snapshot import SnapshotReader

if TYPE_CHECKING:
    from headgate.control.observing.traces import Trace, Way
    from headgate.control.work import Work

_QUOTES: Final = "mapping_error"
"""The notes that quote what an event holds."""


def traced(work: Work, message_id: str) -> Trace:
    """As far as the sources go that the actor may see; a message nobody knows has no copies.

    Raises Forbidden.
    """
    seen = sight(work)
    now = seen_snapshot(work, seen)
    ledgers, kept = ledgers_of(work), SnapshotReader(work.premises.store.folder.snapshots)
    found = look(work, lambda log: trace(log, ledgers, kept, now, message_id, sources=now.sources))
    if personal.may_see_people(work):
        return found
    return msgspec.structs.replace(found, deliveries=[_veiled(each) for each in found.deliveries])


def _veiled(way: Way) -> Way:
    attempts = [
        msgspec.structs.replace(each, reason=each.reason and personal.WITHHELD)
        for each in way.attempts
    ]
    note = personal.WITHHELD if way.note and _QUOTES in way.note else way.note
    return msgspec.structs.replace(
        way, payload=personal.veiled(way.payload), attempts=attempts, note=note
    )
