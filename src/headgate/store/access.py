"""Tokens, and the roles that users, groups and tokens hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update

from headgate.store.ids import new_id
from headgate.store.records import GrantRecord, Label, Resource, TokenRecord
from headgate.store.rows import Rows
from headgate.store.tables import grants, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.store.database import Transaction


class Found(NamedTuple):
    """A token that somebody showed, and the workspace it is of."""

    workspace: str
    id: str


def token_with(transaction: Transaction, digest: str) -> Found | None:
    """Which token has this hash, in whatever workspace: it is what tells the workspace."""
    query = select(tokens.c.workspace_id, tokens.c.id).where(tokens.c.hash == digest)
    row = transaction.connection.execute(query).first()
    return None if row is None else Found(*row)


class Tokens:
    """The tokens of a workspace."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._connection, self._workspace = transaction.connection, workspace
        self._rows = Rows(transaction, workspace, tokens, TokenRecord, "id")

    def all(self) -> tuple[TokenRecord, ...]:
        return self._rows.all(order="created_at")

    def one(self, token: str) -> TokenRecord:
        """Raises NotFound."""
        return self._rows.one(token)

    def add(self, record: TokenRecord) -> TokenRecord:
        return self._rows.insert(record)

    def used(self, token: str, at: int) -> None:
        """Note when it was shown last."""
        mine = (tokens.c.workspace_id == self._workspace) & (tokens.c.id == token)
        self._connection.execute(update(tokens).where(mine).values(used_at=at))

    def remove(self, token: str) -> None:
        """Raises NotFound."""
        self._rows.delete(token)


class Grants:
    """Which roles are held in a workspace, and for what."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._rows = Rows(transaction, workspace, grants, GrantRecord, "id")

    def all(self) -> tuple[GrantRecord, ...]:
        return self._rows.all(order="id")

    def of(self, *holders: str) -> tuple[GrantRecord, ...]:
        """The roles of these holders together."""
        return self._rows.all(order="id", holder=holders)

    def add(
        self,
        holder: str,
        role: str,
        resources: Sequence[Resource] = (),
        labels: Sequence[Label] = (),
    ) -> GrantRecord:
        return self._rows.insert(
            GrantRecord(
                id=new_id("grn"),
                holder=holder,
                role=role,
                resources=tuple(resources),
                labels=tuple(labels),
            )
        )

    def remove_all(self, holder: str) -> None:
        self._rows.delete_all(holder=holder)

    def pass_on(self, before: str, after: str) -> None:
        """What was given to one holder is another's: an invited becomes a user."""
        for each in self.of(before):
            self._rows.delete(each.id)
            self.add(after, each.role, each.resources, each.labels)
