"""The commands of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.store.ids import new_id
from headgate.store.records import CommandRecord
from headgate.store.revision import next_number
from headgate.store.rows import Rows
from headgate.store.tables import commands

if TYPE_CHECKING:
    from headgate.store.database import Transaction
    from headgate.store.rows import Ids
    from headgate.store.snapshot import CommandKind


class Commands:
    """They are given and pruned, never changed."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._transaction = transaction
        self._rows = Rows(transaction, workspace, commands, CommandRecord, "id")

    def all(self, ids: Ids = None) -> tuple[CommandRecord, ...]:
        """Or those with one of the ids, in the order in which they were given."""
        return self._rows.some(ids, order="number")

    def add(
        self, *, connection: str, kind: CommandKind, args: dict[str, Any], at: int
    ) -> CommandRecord:
        return self._rows.insert(
            CommandRecord(
                id=new_id("rpl" if kind == "replay" else "cmd"),
                number=next_number(self._transaction, "command"),
                connection=connection,
                kind=kind,
                args=args,
                at=at,
            )
        )

    def remove(self, command: str) -> None:
        """Raises NotFound."""
        self._rows.delete(command)
