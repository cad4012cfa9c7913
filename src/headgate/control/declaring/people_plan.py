"""What has to change in who may do what, and what of it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from headgate.control.access.roles import OWNER
from headgate.control.declaring.changes import Change, differing
from headgate.control.declaring.declared import (
    DeclaredGroup,
    DeclaredLabel,
    DeclaredUser,
    DeclaredWarehouse,
)
from headgate.control.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headgate.control.declaring.changes import Noun
    from headgate.control.declaring.declared import Declared, DeclaredRole

Thing = TypeVar("Thing", DeclaredLabel, DeclaredUser, DeclaredGroup, DeclaredWarehouse)
Things = dict[str, Thing]


def people_changes(current: Declared, wanted: Declared, *, prune: bool) -> list[Change]:
    """In an order that can be made.

    Labels come before roles that name them, users before groups, owners before others, so that
    there is always one; what goes, goes the other way round.
    """
    put = [
        *put_changes("label", current.labels, wanted.labels),
        *sorted(put_changes("user", current.users, wanted.users), key=_is_made),
        *put_changes("group", current.groups, wanted.groups),
    ]
    first = [each for each in put if each.noun == "label" or each.verb == "create"]
    rest = [each for each in put if each not in first]
    gone = list(undeclared_people(current, wanted)) if prune else []
    return [*first, *sorted(rest, key=_is_without_owner), *gone]


def undeclared_people(current: Declared, wanted: Declared) -> Iterator[Change]:
    """Of the sections that are there: one that is absent says nothing of what it would hold."""
    yield from undeclared_things("group", current.groups, wanted.groups)
    yield from undeclared_things("user", current.users, wanted.users)
    yield from undeclared_things("label", current.labels, wanted.labels)


def impossible_people(current: Declared, wanted: Declared, *, prune: bool) -> Iterator[Problem]:
    """With paths as in the file that declared `wanted`."""
    then = Afterwards(current, wanted, prune=prune)
    users, groups = (wanted.users or {}).values(), (wanted.groups or {}).values()
    for index, user in enumerate(users):
        yield from then.role_faults(user.roles, f"users[{index}]")
    for index, group in enumerate(groups):
        yield from then.role_faults(group.roles, f"groups[{index}]")
    for index, group in enumerate(groups):
        for place, email in enumerate(group.members):
            if email not in then.users:
                told = f"{email} is not in this workspace: declare them under users"
                yield Problem(f"groups[{index}].members[{place}]", told)
    if Afterwards(current, current, prune=False).owners() and not then.owners():
        told = "nobody would own this workspace any more: declare an owner"
        yield Problem("users" if wanted.users is not None else "groups", told)


class Afterwards:
    """Who there is, and what roles may name, once everything is as it is wanted."""

    def __init__(self, current: Declared, wanted: Declared, *, prune: bool) -> None:
        self._sources = {**({} if prune else current.sources), **wanted.sources}
        self._warehouses = after(current.warehouses, wanted.warehouses, prune=prune)
        self.users = after(current.users, wanted.users, prune=prune)
        self._invited = {name for name, each in (current.users or {}).items() if each.is_invited}
        self._groups = after(current.groups, wanted.groups, prune=prune)
        made = after(current.labels, wanted.labels, prune=prune).values()
        self._labels = {(each.key, each.value) for each in made}
        self._labels |= {pair for each in self._sources.values() for pair in each.labels.items()}

    def role_faults(self, roles: Iterable[DeclaredRole], path: str) -> Iterator[Problem]:
        for slug in (slug for role in roles for slug in role.sources):
            if slug not in self._sources:
                yield Problem(f"{path}.roles", f"there is no source {slug!r}")
        for slug in (slug for role in roles for slug in role.warehouses):
            if slug not in self._warehouses:
                yield Problem(f"{path}.roles", f"there is no warehouse {slug!r}")
        for key, value in (label for role in roles for label in role.labels):
            if (key, value) not in self._labels:
                told = f"there is no label {key}:{value}: declare it under labels"
                yield Problem(f"{path}.roles", told)

    def owners(self) -> set[str]:
        """The users, by address, who own the workspace by a role of their own or of a group.

        Who is invited is none yet: a declaration lets nobody in who was asked.
        """
        there = self.users.keys() - self._invited
        own = {email for email in there if has_owner(self.users[email].roles)}
        shared = [group.members for group in self._groups.values() if has_owner(group.roles)]
        return own | {email for members in shared for email in members if email in there}


def put_changes(
    noun: Noun, current: Things[Thing] | None, wanted: Things[Thing] | None
) -> Iterator[Change]:
    for name, thing in (wanted or {}).items():
        before = (current or {}).get(name)
        if before is None:
            yield Change(verb="create", noun=noun, name=name, to=thing)
        elif what := differing(before, thing, "is_invited"):
            yield Change(verb="update", noun=noun, name=name, what=what, was=before, to=thing)


def undeclared_things(
    noun: Noun, current: Mapping[str, Thing] | None, wanted: Mapping[str, Thing] | None
) -> Iterator[Change]:
    for name, thing in (current or {}).items():
        if wanted is not None and name not in wanted:
            yield Change(verb="delete", noun=noun, name=name, was=thing)


def after(
    current: Things[Thing] | None, wanted: Things[Thing] | None, *, prune: bool
) -> Things[Thing]:
    kept = {} if prune and wanted is not None else current or {}
    return {**kept, **(wanted or {})}


def _is_made(change: Change) -> bool:
    return change.verb != "create"


def _is_without_owner(change: Change) -> bool:
    return not (isinstance(change.to, DeclaredUser | DeclaredGroup) and has_owner(change.to.roles))


def has_owner(roles: Iterable[DeclaredRole]) -> bool:
    return any(each.role == OWNER and not each.is_limited for each in roles)
