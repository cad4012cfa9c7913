"""Write keys: by which a source knows its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.control.errors import Conflict, Invalid, Missing, Problem
from headgate.control.nouns import sources
from headgate.store.ids import new_write_key
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from headgate.control.nouns.sources import Seen
    from headgate.control.work import Work
    from headgate.store.records import SourceRecord, WriteKeyRecord

HOUR_MS = 3_600_000
USUAL_HOURS = 24.0
MOST_HOURS = 90 * 24.0


class Rotated(NamedTuple):
    """The new key; the old ones are taken until `ends_at`, in milliseconds since 1970."""

    key: str
    old: tuple[str, ...]
    ends_at: int


def add(work: Work, source: str) -> Seen:
    """One more key for a source, by its id. Raises Missing or Forbidden."""
    return sources.update(work, source, {"write_keys": [new_write_key()]})


def remove(work: Work, source: str, key: str) -> None:
    """From now on it is worth nothing. Raises Missing, Forbidden or Conflict for the last one."""
    record = work.source(source, "write")
    keys = WriteKeys(work.transaction, work.workspace.id)
    held = keys.records(record.id)
    if key not in [each.key for each in held]:
        raise Missing(f"source {record.slug} has no such write key")
    if not any(each.ends_at is None for each in held if each.key != key):
        raise Conflict(
            f"source {record.slug} would have no write key that lasts: make another one first"
        )
    keys.remove(key)
    _changed(work, record)


def rotate(work: Work, source: str, hours: float = USUAL_HOURS) -> Rotated:
    """A new key; the old ones go on for so many hours, 0 for none, and end of themselves.

    Raises Missing, Forbidden or Invalid.
    """
    record = work.source(source, "write")
    if not 0 <= hours <= MOST_HOURS:
        raise Invalid([Problem("hours", f"must be from 0 to {MOST_HOURS:g}")])
    keys = WriteKeys(work.transaction, work.workspace.id)
    held, ends_at = keys.records(record.id), work.now + int(hours * HOUR_MS)
    new = keys.add(new_write_key(), record.id)
    for old in held:
        if hours == 0:
            keys.remove(old.key)
        elif old.ends_at is None or old.ends_at > ends_at:
            keys.end(old.key, ends_at)
    _changed(work, record)
    return Rotated(new.key, tuple(each.key for each in held), ends_at)


def _changed(work: Work, record: SourceRecord) -> None:
    work.is_configuration_changed = True
    work.note("Source Modified", "SOURCE", record.id, record.slug, ("write_keys",))


def over(held: tuple[WriteKeyRecord, ...], now: int) -> list[str]:
    """Which keys of one source have had their time; a source never loses its last key so."""
    due = sorted(
        (each for each in held if each.ends_at is not None and each.ends_at <= now),
        key=lambda each: each.ends_at or 0,
    )
    return [each.key for each in (due if len(due) < len(held) else due[:-1])]
