"""The audit trail as a table for other programs, a part at a time."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from headgate.clock import iso
from headgate.control.nouns import audit_trail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headgate.control.nouns.audit_trail import Search
    from headgate.control.work import Work
    from headgate.store.records import AuditRecord

COLUMNS: Final = (
    *("number", "timestamp", "type", "actor", "actor_email"),
    *("resource_id", "resource_type", "resource_name", "what", "hash"),
)
PART: Final = 1_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""With what a text begins that spreadsheets would calculate."""


def head() -> str:
    return _lines([COLUMNS])


def part(work: Work, search: Search, before: int | None) -> tuple[str, int | None]:
    """The rows below a number, the newest first; and where the next ones begin, if there are any.

    Raises Forbidden.
    """
    records = audit_trail.listed(work, search, before, PART).records
    rest = records[-1].number if len(records) == PART else None
    return _lines(_row(each) for each in records), rest


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _row(record: AuditRecord) -> tuple[str, ...]:
    return (
        str(record.number),
        iso(record.at),
        record.type,
        record.actor,
        record.email,
        record.resource,
        record.resource_type,
        record.resource_name,
        " ".join(record.what),
        record.hash,
    )


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    for row in rows:
        csv.writer(text).writerow([safe(cell) for cell in row])
    return text.getvalue()
