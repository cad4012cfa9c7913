"""Groups of users, whose permissions count for everybody who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate.control.access.addresses import addresses
from headgate.control.errors import Conflict, Invalid, Missing, Problem
from headgate.control.nouns import grants
from headgate.control.nouns.grants import Holder, keeping_an_owner
from headgate.store.access import Grants
from headgate.store.errors import NotFound
from headgate.store.people import Groups, Invites, Members, Users

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headgate.control.work import Work
    from headgate.store.records import GrantRecord, GroupRecord, UserRecord

LONGEST_NAME = 128


class Seen(NamedTuple):
    """A group, its permissions, its users by address, and the invited who will be in it."""

    group: GroupRecord
    grants: list[GrantRecord]
    users: list[UserRecord]
    invited: list[str]


class Listed(NamedTuple):
    """A page of groups, and how many there are in all."""

    groups: list[Seen]
    total: int


def listed(work: Work, after: str | None, most: int) -> Listed:
    """By id above `after`. Raises Forbidden."""
    work.check("read", "user")
    groups = _groups(work)
    return Listed([_seen(work, each) for each in groups.page(after, most)], groups.count())


def get(work: Work, group: str) -> Seen:
    """By id. Raises Missing or Forbidden."""
    work.check("read", "user")
    return _seen(work, _one(work, group))


def create(work: Work, name: str) -> Seen:
    """Without anybody in it. Raises Invalid, Conflict or Forbidden."""
    work.check("write", "user")
    record = _groups(work).add(_free(work, name))
    work.note("User Group Created", "USER_GROUP", record.id, record.name)
    return _seen(work, record)


def update(work: Work, group: str, name: str) -> Seen:
    """Raises Missing, Invalid, Conflict or Forbidden."""
    work.check("write", "user")
    record = _one(work, group)
    changed = msgspec.structs.replace(record, name=_free(work, name, record.name))
    _groups(work).update(changed)
    work.note("User Group Updated", "USER_GROUP", group, changed.name, ("name",))
    return _seen(work, changed)


def delete(work: Work, group: str) -> None:
    """With its permissions. Raises Missing, Conflict or Forbidden."""
    work.check("write", "user")
    record = _one(work, group)
    with keeping_an_owner(work):
        Grants(work.transaction, work.workspace.id).remove_all(group)
        _groups(work).remove(group)
    work.note("User Group Deleted", "USER_GROUP", group, record.name)


def add_users(work: Work, group: str, emails: Sequence[str]) -> Seen:
    """By address; they are users of the workspace or invited to it.

    Raises Missing, Invalid or Forbidden.
    """
    work.check("write", "user")
    record = _one(work, group)
    _join(work, group, _people(work, emails))
    work.note("Group Memberships Created", "USER_GROUP", group, record.name, ("users",))
    return _seen(work, record)


def remove_users(work: Work, group: str, emails: Sequence[str]) -> Seen:
    """Raises Missing, also for somebody who is not in it, Invalid, Conflict or Forbidden."""
    work.check("write", "user")
    record, kept = _one(work, group), addresses(emails)
    inside = set(_groups(work).members(group))
    if outside := [each for each in kept if each not in inside]:
        raise Missing(f"{outside[0]} is not in this group")
    with keeping_an_owner(work):
        for email in kept:
            _groups(work).leave(group, email)
    work.note("Group Memberships Deleted", "USER_GROUP", group, record.name, ("users",))
    return _seen(work, record)


def replace_users(work: Work, group: str, emails: Sequence[str]) -> Seen:
    """Nobody else is in it then. Raises Missing, Invalid, Conflict or Forbidden."""
    work.check("write", "user")
    record = _one(work, group)
    kept = _people(work, emails) if emails else []
    with keeping_an_owner(work):
        for email in set(_groups(work).members(group)) - set(kept):
            _groups(work).leave(group, email)
        _join(work, group, kept)
    work.note("Group Memberships Updated", "USER_GROUP", group, record.name, ("users",))
    return _seen(work, record)


def add_permissions(work: Work, group: str, given: Sequence[dict[str, Any]]) -> list[GrantRecord]:
    """All that the group then has. Raises Missing, Invalid or Forbidden."""
    work.check("write", "user")
    record = _one(work, group)
    return grants.give(work, Holder("USER_GROUP", group, record.name), given)


def replace_permissions(
    work: Work, group: str, given: Sequence[dict[str, Any]]
) -> list[GrantRecord]:
    """Raises Missing, Invalid, Conflict or Forbidden."""
    work.check("write", "user")
    record = _one(work, group)
    return grants.give_instead(work, Holder("USER_GROUP", group, record.name), given)


def _groups(work: Work) -> Groups:
    return Groups(work.transaction, work.workspace.id)


def _one(work: Work, group: str) -> GroupRecord:
    try:
        return _groups(work).one(group)
    except NotFound:
        raise Missing(f"there is no user group {group:.254}") from None


def _free(work: Work, name: str, own: str | None = None) -> str:
    kept = name.strip()
    if not 1 <= len(kept) <= LONGEST_NAME:
        raise Invalid([Problem("name", f"must have 1 to {LONGEST_NAME} characters")])
    if kept != own and _groups(work).is_taken(kept):
        raise Conflict(f"there is a user group {kept} already: choose another name")
    return kept


def _people(work: Work, emails: Sequence[str]) -> list[str]:
    """The addresses as they are kept, all of people of this workspace. Raises Invalid."""
    kept = addresses(emails)
    invites = Invites(work.transaction, work.workspace.id)
    members = {each.email for each in _members(work, kept)}
    problems = [
        Problem("emails", f"{each} is neither in this workspace nor invited to it")
        for each in kept
        if each not in members and not invites.has(each)
    ]
    if problems:
        raise Invalid(problems)
    return kept


def _members(work: Work, emails: Iterable[str]) -> list[UserRecord]:
    """The users of this workspace with these addresses, by address."""
    found = Users(work.transaction).at(emails)
    members = Members(work.transaction, work.workspace.id).these(each.id for each in found)
    return sorted((each for each in found if each.id in members), key=lambda each: each.email)


def _join(work: Work, group: str, emails: Iterable[str]) -> None:
    for email in emails:
        _groups(work).join(group, email)


def _seen(work: Work, group: GroupRecord) -> Seen:
    emails = _groups(work).members(group.id)
    users = _members(work, emails)
    known = {each.email for each in users}
    invited = [each for each in emails if each not in known]
    return Seen(group, grants.of(work, group.id)[group.id], users, invited)
