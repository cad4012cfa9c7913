"""Who is signed in, and the links that work once: both are of users, not of workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import delete, insert, select, update

from headgate.store.records import LinkRecord, SessionRecord
from headgate.store.tables import links, sessions

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from headgate.store.database import Transaction


class Sessions:
    """The sessions of all users; every condition names a user, or the secret of one session."""

    def __init__(self, transaction: Transaction) -> None:
        self._connection = transaction.connection

    def shown(self, digest: str) -> SessionRecord | None:
        """Which one has this hash."""
        return next(iter(self._found(sessions.c.hash == digest)), None)

    def of(self, user: str) -> tuple[SessionRecord, ...]:
        """A user's, the newest first; some may be over."""
        return self._found(sessions.c.user == user)

    def _found(self, where: ColumnElement[bool]) -> tuple[SessionRecord, ...]:
        fields = SessionRecord.__struct_fields__
        query = select(*(sessions.c[each] for each in fields)).where(where)
        rows = self._connection.execute(query.order_by(sessions.c.created_at.desc(), sessions.c.id))
        return tuple(SessionRecord(**dict(zip(fields, row, strict=True))) for row in rows)

    def add(self, record: SessionRecord) -> SessionRecord:
        self._connection.execute(insert(sessions).values(msgspec.to_builtins(record)))
        return record

    def seen(self, session: str, at: int) -> None:
        """Note when it was shown last."""
        self._change(session, seen_at=at)

    def verified(self, session: str, at: int) -> None:
        """Note when the user showed the password in it."""
        self._change(session, verified_at=at)

    def move(self, session: str, workspace: str) -> None:
        """The user goes on in another workspace, by id."""
        self._change(session, workspace=workspace)

    def _change(self, session: str, **values: object) -> None:
        self._connection.execute(update(sessions).where(sessions.c.id == session).values(values))

    def end(self, session: str) -> None:
        self._connection.execute(delete(sessions).where(sessions.c.id == session))

    def end_all(self, user: str, *, but: str | None = None, workspace: str | None = None) -> int:
        """A user's, but for one, or only those in one workspace; how many there were."""
        ended = delete(sessions).where(sessions.c.user == user)
        if but is not None:
            ended = ended.where(sessions.c.id != but)
        if workspace is not None:
            ended = ended.where(sessions.c.workspace == workspace)
        return int(self._connection.execute(ended).rowcount)

    def forget_over(self, now: int, seen_before: int) -> None:
        """Remove what has expired, and what nobody has shown since `seen_before`."""
        is_over = (sessions.c.expires_at <= now) | (sessions.c.seen_at <= seen_before)
        self._connection.execute(delete(sessions).where(is_over))


class Links:
    """Links that work once; a newer one takes the place of that for the same purpose and user."""

    def __init__(self, transaction: Transaction) -> None:
        self._connection = transaction.connection

    def put(self, record: LinkRecord) -> None:
        self.forget(record.purpose, record.user)
        self._connection.execute(insert(links).values(msgspec.to_builtins(record)))

    def shown(self, digest: str) -> LinkRecord | None:
        """Which one has this hash; it may have expired."""
        fields = LinkRecord.__struct_fields__
        query = select(*(links.c[each] for each in fields)).where(links.c.hash == digest)
        row = self._connection.execute(query).first()
        return None if row is None else LinkRecord(**dict(zip(fields, row, strict=True)))

    def forget(self, purpose: str, user: str | None = None) -> None:
        is_it = (links.c.purpose == purpose) & (links.c.user == user)
        self._connection.execute(delete(links).where(is_it))
