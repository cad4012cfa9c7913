"""Which things of the snapshot changed since a version: triggers note it, so that nobody forgets.

A row of what a thing is made of carries the thing's id; the migration that made the triggers says
in which column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from headgate.store.tables import marks

if TYPE_CHECKING:
    from headgate.store.database import Transaction


class Marks:
    """What of a workspace changed, and with which version it was published first."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._connection, self._workspace = transaction.connection, workspace

    def since(self, version: int, most: int) -> tuple[str, ...]:
        """The ids of things that changed after that version, at most `most` of them."""
        columns = marks.c
        query = select(columns.thing).where(
            columns.workspace_id == self._workspace, columns.version > version
        )
        return tuple(self._connection.execute(query.limit(most)).scalars())
