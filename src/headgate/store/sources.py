"""The sources of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.store.ids import new_id
from headgate.store.records import SourceRecord
from headgate.store.revision import next_number
from headgate.store.rows import Rows
from headgate.store.tables import sources

if TYPE_CHECKING:
    from headgate.store.database import Transaction
    from headgate.store.rows import Ids
    from headgate.store.snapshot.model import Answers, Schema


class Sources:
    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._transaction = transaction
        self._rows = Rows(transaction, workspace, sources, SourceRecord, "id")

    def all(self, ids: Ids = None) -> tuple[SourceRecord, ...]:
        """Or those with one of the ids, in the order in which they were made."""
        return self._rows.some(ids, order="number")

    def numbers(self, ids: Ids = None) -> dict[str, int]:
        """The numbers by id, of all or of those with one of the ids."""
        return self._rows.two("id", "number", ids)

    def one(self, source: str) -> SourceRecord:
        """By its id. Raises NotFound."""
        return self._rows.one(source)

    def named(self, slug: str) -> SourceRecord | None:
        return next(iter(self._rows.all(order="number", slug=slug)), None)

    def page(self, after: int | None, most: int) -> tuple[SourceRecord, ...]:
        """Those whose number is above `after`, at most `most`."""
        return self._rows.page(order="number", after=after, most=most)

    def count(self) -> int:
        return self._rows.count()

    def add(
        self,
        *,
        slug: str,
        name: str,
        enabled: bool,
        answers: Answers,
        labels: dict[str, str],
        oauth_required: bool = False,
        schema: Schema | None = None,
        kind: str = "http-api",
        at: int = 0,
    ) -> SourceRecord:
        return self._rows.insert(
            SourceRecord(
                id=new_id("src"),
                number=next_number(self._transaction, "source"),
                slug=slug,
                name=name,
                enabled=enabled,
                answers=answers,
                labels=labels,
                oauth_required=oauth_required,
                schema=schema,
                kind=kind,
                created_at=at,
                updated_at=at,
            )
        )

    def update(self, record: SourceRecord) -> None:
        """Raises NotFound."""
        self._rows.update(record)

    def remove(self, source: str) -> None:
        """With its write keys and attachments; its connections must be gone. Raises NotFound."""
        self._rows.delete(source)
