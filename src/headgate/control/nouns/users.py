"""Users: the people of a workspace; one may be in several, and keeps those that are not this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate.control.access.addresses import address
from headgate.control.access.roles import ROLES
from headgate.control.errors import Invalid, Missing, Problem
from headgate.control.nouns import grants
from headgate.control.nouns.grants import Holder, Wanted, keeping_an_owner
from headgate.control.nouns.invites import join
from headgate.store.access import Grants
from headgate.store.people import Groups, Invites, Members, Users
from headgate.store.sessions import Links, Sessions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headgate.control.work import Work
    from headgate.store.records import GrantRecord, GroupRecord, UserRecord

LONGEST_NAME = 128
MOST = 200
"""How many one call may remove."""


class Seen(NamedTuple):
    """A user, and the permissions that are the user's own."""

    user: UserRecord
    grants: list[GrantRecord]


class Listed(NamedTuple):
    """A page of users, and how many there are in all."""

    users: list[Seen]
    total: int


def listed(work: Work, after: str | None, most: int) -> Listed:
    """By id above `after`. Raises Forbidden."""
    work.check("read", "user")
    members = Members(work.transaction, work.workspace.id)
    page = [each.user for each in members.page(after, most)]
    return Listed(_seen(work, page), members.count())


def get(work: Work, user: str) -> Seen:
    """By id. Raises Missing or Forbidden."""
    work.check("read", "user")
    return _seen(work, [_member(work, user).id])[0]


def named(work: Work, email: str) -> UserRecord:
    """By address. Raises Missing, Invalid or Forbidden."""
    work.check("read", "user")
    found = Users(work.transaction).named(address(email))
    return _member(work, found.id if found else email)


def groups(work: Work, user: str) -> tuple[GroupRecord, ...]:
    """Those that a user is in, by id. Raises Missing or Forbidden."""
    work.check("read", "user")
    repository = Groups(work.transaction, work.workspace.id)
    return repository.these(repository.of(_member(work, user).email))


def create(
    work: Work, email: str, roles: Sequence[str], *, name: str = "", password: str | None = None
) -> UserRecord:
    """A user with these roles, who may have been one before; `password` is the hash of one.

    Who was invited gets what the invitation promised, too. Raises Invalid or Forbidden.
    """
    work.check("write", "user")
    kept = address(email)
    is_invited = Invites(work.transaction, work.workspace.id).has(kept)
    _check(name, roles, is_invited=is_invited)
    user = _known(work, kept, name)
    if password is not None:
        user = _with_password(work, user, password)
    join(work.transaction, work.workspace.id, user, work.now)
    grants.add(work, user.id, [Wanted(role) for role in roles])
    what = ("permissions",) if password is None else ("password", "permissions")
    work.note("User Added", "USER", user.id, user.email, what)
    return user


def add(work: Work, email: str, given: Sequence[dict[str, Any]]) -> UserRecord:
    """The same with permissions in Segment's shape, which may be none; without a password.

    Raises Invalid or Forbidden.
    """
    work.check("write", "user")
    user = _known(work, address(email), "")
    join(work.transaction, work.workspace.id, user, work.now)
    grants.add(work, user.id, grants.read(work, given))
    work.note("User Added", "USER", user.id, user.email, ("permissions",))
    return user


def delete(work: Work, users: Sequence[str]) -> list[UserRecord]:
    """From this workspace, with the permissions in it: they exist on, and keep other workspaces.

    Raises Missing, Invalid, Forbidden, or Conflict where nobody would own the workspace any more.
    """
    work.check("write", "user")
    if not 1 <= len(users) <= MOST:
        raise Invalid([Problem("userIds", f"must name 1 to {MOST} users")])
    found = [_member(work, each) for each in dict.fromkeys(users)]
    with keeping_an_owner(work):
        for user in found:
            _remove(work, user)
    return found


def add_permissions(work: Work, user: str, given: Sequence[dict[str, Any]]) -> list[GrantRecord]:
    """To those that the user has; all that the user then has. Raises as `delete` does."""
    work.check("write", "user")
    record = _member(work, user)
    return grants.give(work, Holder("USER", user, record.email), given)


def replace_permissions(
    work: Work, user: str, given: Sequence[dict[str, Any]]
) -> list[GrantRecord]:
    """All that the user has itself: what groups give stays. Raises as `delete` does."""
    work.check("write", "user")
    record = _member(work, user)
    return grants.give_instead(work, Holder("USER", user, record.email), given)


def _known(work: Work, email: str, name: str) -> UserRecord:
    """Whoever has this address, made if nobody has."""
    return Users(work.transaction).named(email) or Users(work.transaction).add(
        email=email, name=name or email.partition("@")[0], password=None, at=work.now
    )


def _member(work: Work, user: str) -> UserRecord:
    found = Users(work.transaction).one(user)
    if found is None or not Members(work.transaction, work.workspace.id).has(user):
        raise Missing(f"there is no user {user:.254}")
    return found


def _seen(work: Work, ids: Iterable[str]) -> list[Seen]:
    records = Users(work.transaction).these(ids)
    held = grants.of(work, *(each.id for each in records))
    return [Seen(each, held[each.id]) for each in records]


def _remove(work: Work, user: UserRecord) -> None:
    Grants(work.transaction, work.workspace.id).remove_all(user.id)
    Groups(work.transaction, work.workspace.id).leave_all(user.email)
    Members(work.transaction, work.workspace.id).remove(user.id)
    Sessions(work.transaction).end_all(user.id, workspace=work.workspace.id)
    work.note("Group Memberships Deleted", "USER", user.id, user.email)


def _with_password(work: Work, user: UserRecord, password: str) -> UserRecord:
    changed = msgspec.structs.replace(user, password=password)
    Users(work.transaction).update(changed)
    Sessions(work.transaction).end_all(user.id)
    Links(work.transaction).forget("password", user.id)
    return changed


def _check(name: str, roles: Sequence[str], *, is_invited: bool) -> None:
    problems = [
        Problem("role", f"there is no role {role!r}; there is {', '.join(ROLES)}")
        for role in roles
        if role not in ROLES
    ]
    if not roles and not is_invited:
        problems.append(Problem("role", "a user who is not invited needs a role"))
    if len(name) > LONGEST_NAME:
        problems.append(Problem("name", f"must have at most {LONGEST_NAME} characters"))
    if problems:
        raise Invalid(problems)
