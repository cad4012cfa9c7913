"""The workspaces: the one noun that belongs to no workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from headgate.store.ids import new_id
from headgate.store.records import WorkspaceRecord
from headgate.store.tables import workspaces

if TYPE_CHECKING:
    from headgate.store.database import Transaction


class Workspaces:
    def __init__(self, transaction: Transaction) -> None:
        self._connection = transaction.connection

    def all(self) -> tuple[WorkspaceRecord, ...]:
        rows = self._connection.execute(select(workspaces).order_by(workspaces.c.slug))
        return tuple(WorkspaceRecord(row.id, row.slug, row.name or row.slug) for row in rows)

    def named(self, slug: str) -> WorkspaceRecord | None:
        return next((workspace for workspace in self.all() if workspace.slug == slug), None)

    def one(self, workspace: str) -> WorkspaceRecord | None:
        """By its id."""
        return next((each for each in self.all() if each.id == workspace), None)

    def add(self, slug: str, name: str = "") -> WorkspaceRecord:
        record = WorkspaceRecord(new_id("wsp"), slug, name or slug)
        self._connection.execute(insert(workspaces).values(id=record.id, slug=slug, name=name))
        return record

    def rename(self, workspace: str, name: str) -> None:
        """By its id."""
        mine = workspaces.c.id == workspace
        self._connection.execute(update(workspaces).where(mine).values(name=name))
