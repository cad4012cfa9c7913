"""The labels that a workspace knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.store.ids import new_id
from headgate.store.records import LabelRecord
from headgate.store.rows import Rows
from headgate.store.tables import labels

if TYPE_CHECKING:
    from headgate.store.database import Transaction


class Labels:
    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._rows = Rows(transaction, workspace, labels, LabelRecord, "id")

    def all(self) -> tuple[LabelRecord, ...]:
        return self._rows.all(order="key")

    def named(self, key: str, value: str) -> LabelRecord | None:
        found = self._rows.all(order="id", key=key, value=value)
        return found[0] if found else None

    def add(self, key: str, value: str, description: str) -> LabelRecord:
        return self._rows.insert(
            LabelRecord(id=new_id("lbl"), key=key, value=value, description=description)
        )

    def update(self, record: LabelRecord) -> None:
        """Raises NotFound."""
        self._rows.update(record)

    def remove(self, label: str) -> None:
        """Raises NotFound."""
        self._rows.delete(label)
