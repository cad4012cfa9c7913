"""The audit trail of a workspace: rows are added, and each vouches for those before it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select

from headgate.store.ids import new_id
from headgate.store.records import AuditRecord
from headgate.store.rows import Rows
from headgate.store.tables import audit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headgate.store.database import Transaction


class Trail:
    """Nothing changes or removes a row; whoever does it below is found by `broken_at`."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._connection, self._workspace = transaction.connection, workspace
        self._rows = Rows(transaction, workspace, audit, AuditRecord, "number")

    def add(
        self,
        *,
        at: int,
        type: str,  # noqa: A002 - as Segment calls it
        actor: str,
        email: str,
        resource: str,
        resource_type: str,
        resource_name: str,
        what: Sequence[str] = (),
    ) -> AuditRecord:
        number, before = self._last()
        record = AuditRecord(
            number=number + 1,
            id=new_id("aud"),
            at=at,
            type=type,
            actor=actor,
            email=email,
            resource=resource,
            resource_type=resource_type,
            resource_name=resource_name,
            what=tuple(what),
            hash="",
        )
        record = msgspec.structs.replace(record, hash=chained(before, record))
        return self._rows.insert(record)

    def _last(self) -> tuple[int, str]:
        mine = audit.c.workspace_id == self._workspace
        query = select(audit.c.number, audit.c.hash).where(mine).order_by(audit.c.number.desc())
        row = self._connection.execute(query.limit(1)).first()
        return (0, "") if row is None else (int(row[0]), str(row[1]))

    def page(self, after: int | None, most: int) -> tuple[AuditRecord, ...]:
        """From the oldest on."""
        return self._rows.page(order="number", after=after, most=most)

    def count(self) -> int:
        return self._rows.count()

    def broken_at(self) -> int | None:
        """The number of the first row that does not follow from those before it, if any."""
        before = ""
        for number, record in enumerate(self._all(), 1):
            bare = msgspec.structs.replace(record, hash="")
            if record.number != number or record.hash != chained(before, bare):
                return number
            before = record.hash
        return None

    def _all(self) -> Iterator[AuditRecord]:
        after = None
        while page := self.page(after, 1000):
            yield from page
            after = page[-1].number


def chained(before: str, record: AuditRecord) -> str:
    """The hash of a record, which has none itself yet, after the one before it."""
    return hashlib.sha256(before.encode() + msgspec.json.encode(record)).hexdigest()
