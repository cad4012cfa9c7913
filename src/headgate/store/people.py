"""People: users, and in which workspaces, groups and invitations they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from sqlalchemy import insert, select, update

from headgate.store.ids import new_id
from headgate.store.records import (
    GroupMemberRecord,
    GroupRecord,
    InviteRecord,
    MemberRecord,
    UserRecord,
)
from headgate.store.rows import Rows
from headgate.store.tables import group_members, groups, invites, members, users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement

    from headgate.store.database import Transaction


class Users:
    """They belong to no workspace: only what they may do there does."""

    def __init__(self, transaction: Transaction) -> None:
        self._connection = transaction.connection

    def named(self, email: str) -> UserRecord | None:
        return self._one(users.c.email == email)

    def one(self, user: str) -> UserRecord | None:
        """By its id."""
        return self._one(users.c.id == user)

    def are_there(self) -> bool:
        """Whether anybody is a user."""
        return self._connection.execute(select(users.c.id).limit(1)).first() is not None

    def have_totp(self) -> bool:
        """Whether anybody's second factor is kept, sealed."""
        sealed = select(users.c.id).where(users.c.totp.is_not(None)).limit(1)
        return self._connection.execute(sealed).first() is not None

    def with_totp(self) -> tuple[UserRecord, ...]:
        """Those whose second factor is kept, by id."""
        return self._found(users.c.totp.is_not(None))

    def these(self, ids: Iterable[str]) -> tuple[UserRecord, ...]:
        """Those of these ids, by id."""
        return self._found(users.c.id.in_(list(ids)))

    def at(self, emails: Iterable[str]) -> tuple[UserRecord, ...]:
        """Those with these addresses, by id."""
        return self._found(users.c.email.in_(list(emails)))

    def _one(self, where: ColumnElement[bool]) -> UserRecord | None:
        return next(iter(self._found(where)), None)

    def _found(self, where: ColumnElement[bool]) -> tuple[UserRecord, ...]:
        fields = UserRecord.__struct_fields__
        query = select(*(users.c[each] for each in fields)).where(where).order_by(users.c.id)
        rows = self._connection.execute(query)
        return tuple(UserRecord(**dict(zip(fields, row, strict=True))) for row in rows)

    def add(self, *, email: str, name: str, password: str | None, at: int) -> UserRecord:
        record = UserRecord(
            id=new_id("usr"), email=email, name=name, password=password, totp=None, created_at=at
        )
        self._connection.execute(insert(users).values(msgspec.to_builtins(record)))
        return record

    def update(self, record: UserRecord) -> None:
        values = msgspec.to_builtins(record)
        self._connection.execute(update(users).where(users.c.id == record.id).values(values))


class Members:
    """The users of a workspace."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._rows = Rows(transaction, workspace, members, MemberRecord, "user")

    def all(self) -> tuple[MemberRecord, ...]:
        return self._rows.all(order="user")

    def page(self, after: str | None, most: int) -> tuple[MemberRecord, ...]:
        return self._rows.page(order="user", after=after, most=most)

    def count(self) -> int:
        return self._rows.count()

    def these(self, users: Iterable[str]) -> frozenset[str]:
        """Which of these users are in it."""
        found = self._rows.all(order="user", user=tuple(users))
        return frozenset(each.user for each in found)

    def has(self, user: str) -> bool:
        return bool(self._rows.count(user=user))

    def add(self, user: str, at: int) -> MemberRecord:
        return self._rows.insert(MemberRecord(user=user, since=at))

    def remove(self, user: str) -> None:
        """Raises NotFound."""
        self._rows.delete(user)


class Groups:
    """The groups of a workspace, and who is in them."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._rows = Rows(transaction, workspace, groups, GroupRecord, "id")
        self._members = Rows(transaction, workspace, group_members, GroupMemberRecord, "id")

    def all(self) -> tuple[GroupRecord, ...]:
        return self._rows.all(order="name")

    def page(self, after: str | None, most: int) -> tuple[GroupRecord, ...]:
        return self._rows.page(order="id", after=after, most=most)

    def count(self) -> int:
        return self._rows.count()

    def one(self, group: str) -> GroupRecord:
        """Raises NotFound."""
        return self._rows.one(group)

    def these(self, ids: Iterable[str]) -> tuple[GroupRecord, ...]:
        """Those of these ids, by id."""
        return self._rows.all(order="id", id=tuple(ids))

    def is_taken(self, name: str) -> bool:
        return bool(self._rows.count(name=name))

    def add(self, name: str) -> GroupRecord:
        return self._rows.insert(GroupRecord(id=new_id("grp"), name=name))

    def update(self, record: GroupRecord) -> None:
        """Raises NotFound."""
        self._rows.update(record)

    def remove(self, group: str) -> None:
        """With its memberships. Raises NotFound."""
        self._rows.delete(group)

    def of(self, email: str) -> tuple[str, ...]:
        """The ids of the groups that somebody is in."""
        return tuple(each.group for each in self._members.all(order="group", email=email))

    def members(self, group: str) -> tuple[str, ...]:
        """The addresses of who is in it."""
        return tuple(each.email for each in self._members.all(order="email", group=group))

    def join(self, group: str, email: str) -> None:
        if email not in self.members(group):
            self._members.insert(GroupMemberRecord(id=new_id("gme"), group=group, email=email))

    def leave(self, group: str, email: str) -> None:
        self._members.delete_all(group=group, email=email)

    def leave_all(self, email: str) -> None:
        self._members.delete_all(email=email)


class InvitedTo(NamedTuple):
    """What somebody's invitation is for: the id of a workspace, and the invited address."""

    workspace: str
    email: str


def invite_with(transaction: Transaction, digest: str) -> InvitedTo | None:
    """Which invitation has this hash, in whatever workspace: it is what tells the workspace."""
    query = select(invites.c.workspace_id, invites.c.email).where(invites.c.hash == digest)
    row = transaction.connection.execute(query).first()
    return None if row is None else InvitedTo(*row)


class Invites:
    """Who is asked to join a workspace."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._rows = Rows(transaction, workspace, invites, InviteRecord, "email")

    def all(self) -> tuple[InviteRecord, ...]:
        return self._rows.all(order="email")

    def page(self, after: str | None, most: int) -> tuple[InviteRecord, ...]:
        return self._rows.page(order="email", after=after, most=most)

    def count(self) -> int:
        return self._rows.count()

    def has(self, email: str) -> bool:
        return bool(self._rows.count(email=email))

    def one(self, email: str) -> InviteRecord:
        """Raises NotFound."""
        return self._rows.one(email)

    def put(self, record: InviteRecord) -> None:
        """An invitation takes the place of an earlier one."""
        self._rows.delete_all(email=record.email)
        self._rows.insert(record)

    def remove(self, email: str) -> None:
        """Raises NotFound."""
        self._rows.delete(email)
