"""Regulations: what people asked to be done with what is known of some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.store.ids import new_id
from headgate.store.records import RegulationRecord
from headgate.store.revision import next_number
from headgate.store.rows import Rows
from headgate.store.tables import regulations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.store.database import Transaction
    from headgate.store.records import RegulationKind


class Regulations:
    """Those of a workspace; of their sources some may be gone."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._transaction = transaction
        self._rows = Rows(transaction, workspace, regulations, RegulationRecord, "id")

    def one(self, regulation: str) -> RegulationRecord:
        """By its id. Raises NotFound."""
        return self._rows.one(regulation)

    def page(self, after: int | None, most: int, **equal: Any) -> tuple[RegulationRecord, ...]:
        """Those whose number is above `after`, at most `most`, whose columns equal the given."""
        return self._rows.page(order="number", after=after, most=most, **equal)

    def count(self, **equal: Any) -> int:
        return self._rows.count(**equal)

    def all(self, **equal: Any) -> tuple[RegulationRecord, ...]:
        """In the order in which they were made."""
        return self._rows.all(order="number", **equal)

    def add(
        self,
        *,
        source: str | None,
        kind: RegulationKind,
        subject_type: Any,
        subjects: Sequence[str],
        at: int,
    ) -> RegulationRecord:
        """One with which nothing was begun yet."""
        return self._rows.insert(
            RegulationRecord(
                id=new_id("reg"),
                number=next_number(self._transaction, "regulation"),
                source=source,
                kind=kind,
                subject_type=subject_type,
                subjects=tuple(subjects),
                status="INITIALIZED",
                created_at=at,
                finished_at=None,
            )
        )

    def update(self, record: RegulationRecord) -> None:
        """Raises NotFound."""
        self._rows.update(record)

    def remove(self, regulation: str) -> None:
        """Raises NotFound."""
        self._rows.delete(regulation)
