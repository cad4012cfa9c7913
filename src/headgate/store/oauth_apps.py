"""The OAuth apps of a workspace, and the sources that take their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from headgate.store.ids import new_id
from headgate.store.records import OAuthAppRecord
from headgate.store.rows import Rows
from headgate.store.tables import attachments, oauth_apps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.store.database import Transaction
    from headgate.store.rows import Ids
    from headgate.store.snapshot import PublicKey


class OAuthApps:
    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._connection = transaction.connection
        self._rows = Rows(transaction, workspace, oauth_apps, OAuthAppRecord, "id")

    def all(self, ids: Ids = None) -> tuple[OAuthAppRecord, ...]:
        """Or those with one of the ids, in the order of their slugs."""
        return self._rows.some(ids, order="slug")

    def is_taken(self, slug: str) -> bool:
        """Whether any workspace has an app of this slug: a client tells nothing but that."""
        query = select(oauth_apps.c.slug).where(oauth_apps.c.slug == slug)
        return self._connection.execute(query).first() is not None

    def add(
        self,
        *,
        slug: str,
        name: str,
        keys: tuple[PublicKey, ...],
        scopes: tuple[str, ...],
        token_seconds: int,
        enabled: bool,
        revoke_before: int | None,
    ) -> OAuthAppRecord:
        return self._rows.insert(
            OAuthAppRecord(
                id=new_id("app"),
                slug=slug,
                name=name,
                keys=keys,
                scopes=scopes,
                token_seconds=token_seconds,
                enabled=enabled,
                revoke_before=revoke_before,
            )
        )

    def update(self, record: OAuthAppRecord) -> None:
        """Raises NotFound."""
        self._rows.update(record)

    def remove(self, app: str) -> None:
        """No source may be attached to it any more. Raises NotFound."""
        self._rows.delete(app)


class Attachments:
    """Which apps each source takes tokens of; both are ids."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._connection, self._workspace = transaction.connection, workspace

    def all(self) -> dict[str, tuple[str, ...]]:
        """Apps by source; a source without any is not in it."""
        columns = attachments.c
        query = select(columns.source, columns.app).where(columns.workspace_id == self._workspace)
        found: dict[str, tuple[str, ...]] = {}
        for source, app in self._connection.execute(query.order_by(columns.source, columns.app)):
            found[source] = (*found.get(source, ()), app)
        return found

    def replace(self, source: str, apps: Iterable[str]) -> None:
        """From now on the source takes tokens of these apps and of no other."""
        columns = attachments.c
        mine = (columns.workspace_id == self._workspace) & (columns.source == source)
        self._connection.execute(delete(attachments).where(mine))
        for app in apps:
            row = {"workspace_id": self._workspace, "source": source, "app": app}
            self._connection.execute(insert(attachments).values(row))
