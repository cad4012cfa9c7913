"""The audit trail of a workspace: rows are added, and each vouches for those before it."""

from __future__ import annotations

import hashlib
from operator import eq, ge, lt
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from sqlalchemy import and_, func, select

from headgate.store.ids import new_id
from headgate.store.records import AuditRecord
from headgate.store.rows import Rows
from headgate.store.tables import audit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement

    from headgate.store.database import Transaction


class Search(NamedTuple):
    """Which rows: not before `since` and before `until`, in ms; None leaves it open."""

    since: int | None = None
    until: int | None = None
    resource: str | None = None
    resource_type: str | None = None


class End(NamedTuple):
    """The last row: whoever keeps it elsewhere can tell later that it is still there."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class Trail:
    """Nothing changes or removes a row; whoever does it below is found by `broken_at`.

    That rows are gone from the end, or that the whole trail was written anew, shows only against
    an `end` that was kept elsewhere.
    """

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
        number, before = self.end()
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

    def end(self) -> End:
        """The last row's number and hash, 0 and nothing where there is none."""
        mine = audit.c.workspace_id == self._workspace
        query = select(audit.c.number, audit.c.hash).where(mine).order_by(audit.c.number.desc())
        row = self._connection.execute(query.limit(1)).first()
        return End(0, "") if row is None else End(int(row[0]), str(row[1]))

    def has(self, end: End) -> bool:
        """Whether the row that once was the last one is there, and the same."""
        found = self._rows.all(order="number", number=end.number, hash=end.hash)
        return bool(found) or end == End(0, "")

    def found(self, search: Search, before: int | None, most: int) -> tuple[AuditRecord, ...]:
        """From the newest on, those whose number is below `before`."""
        fields = AuditRecord.__struct_fields__
        query = select(*(audit.c[each] for each in fields)).where(self._wanted(search))
        if before is not None:
            query = query.where(audit.c.number < before)
        rows = self._connection.execute(query.order_by(audit.c.number.desc()).limit(most))
        return tuple(
            msgspec.convert(dict(zip(fields, row, strict=True)), AuditRecord) for row in rows
        )

    def how_many(self, search: Search) -> int:
        query = select(func.count()).select_from(audit).where(self._wanted(search))
        return int(self._connection.execute(query).scalar_one())

    def _wanted(self, search: Search) -> ColumnElement[bool]:
        columns = audit.c
        conditions = (
            (columns.at, ge, search.since),
            (columns.at, lt, search.until),
            (columns.resource, eq, search.resource),
            (columns.resource_type, eq, search.resource_type),
        )
        given = [is_so(column, value) for column, is_so, value in conditions if value is not None]
        return and_(columns.workspace_id == self._workspace, *given)

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
