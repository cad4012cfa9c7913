"""Makes the changes of a plan in who may do what, by the use cases that the APIs have."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from headgate.control.declaring.changes import PEOPLE, Change
from headgate.control.declaring.declared import DeclaredGroup, DeclaredLabel, DeclaredUser
from headgate.control.errors import ControlError, DeclarationError, Invalid, Problem
from headgate.control.nouns import grants, groups, invites, labels, users
from headgate.control.nouns.grants import Holder
from headgate.store.people import Groups, Invites
from headgate.store.sources import Sources
from headgate.store.warehouses import Warehouses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from headgate.control.declaring.declared import DeclaredRole
    from headgate.control.work import Work


@contextmanager
def told_of(change: Change) -> Iterator[None]:
    """What a use case refuses, as a fault of what was declared. Raises DeclarationError."""
    try:
        yield
    except Invalid as error:
        problems = [Problem(change.subject, str(each)) for each in error.problems]
        raise DeclarationError(problems) from None
    except ControlError as error:
        raise DeclarationError([Problem(change.subject, str(error))]) from None


class PeopleEnactment:
    """What roles are limited to is there already."""

    def __init__(self, work: Work) -> None:
        self._work = work
        found = Sources(work.transaction, work.workspace.id).all()
        self._sources = {each.slug: each.id for each in found}
        there = Warehouses(work.transaction, work.workspace.id).all()
        self._warehouses = {each.slug: each.id for each in there}

    def enact(self, changes: Iterable[Change]) -> None:
        """Raises DeclarationError for what a use case refuses."""
        for change in changes:
            if change.noun in PEOPLE:
                self._enact(change)

    def _enact(self, change: Change) -> None:
        with told_of(change):
            if change.verb == "delete":
                self._remove(change)
            else:
                self._put(change)

    def _remove(self, change: Change) -> None:
        match change.was:
            case DeclaredLabel() as label:
                labels.delete(self._work, label.key, label.value)
            case DeclaredUser() as user if user.is_invited:
                invites.delete(self._work, [user.email])
            case DeclaredUser() as user:
                users.delete(self._work, [users.named(self._work, user.email).id])
            case DeclaredGroup() as group:
                groups.delete(self._work, self._group(group.name))

    def _put(self, change: Change) -> None:
        match change.to:
            case DeclaredLabel() as label:
                put = labels.create if change.verb == "create" else labels.describe
                put(self._work, labels.Label(label.key, label.value, label.description))
            case DeclaredUser() as user:
                self._put_user(user, is_new=change.verb == "create")
            case DeclaredGroup() as group:
                self._put_group(change, group)

    def _put_user(self, user: DeclaredUser, *, is_new: bool) -> None:
        """Who is invited gets what is promised changed, and the link stays good."""
        given = self._given(user.roles)
        if is_new:
            users.add(self._work, user.email, given)
        elif Invites(self._work.transaction, self._work.workspace.id).has(user.email):
            grants.give_instead(self._work, Holder("INVITE", user.email, user.email), given)
        else:
            found = users.named(self._work, user.email)
            users.replace_permissions(self._work, found.id, given)

    def _put_group(self, change: Change, group: DeclaredGroup) -> None:
        is_new = change.verb == "create"
        found = (
            groups.create(self._work, group.name).group.id if is_new else self._group(group.name)
        )
        give: Callable[..., Any] = groups.add_permissions if is_new else groups.replace_permissions
        if "members" in change.what or (is_new and group.members):
            groups.replace_users(self._work, found, group.members)
        if "roles" in change.what or (is_new and group.roles):
            give(self._work, found, self._given(group.roles))

    def _group(self, name: str) -> str:
        """By its name; the plan found it in this transaction."""
        there = Groups(self._work.transaction, self._work.workspace.id).all()
        return next(each.id for each in there if each.name == name)

    def _given(self, roles: Iterable[DeclaredRole]) -> list[dict[str, Any]]:
        """Permissions in Segment's shape."""
        return [self._permission(each) for each in roles]

    def _permission(self, role: DeclaredRole) -> dict[str, Any]:
        sources = [{"type": "SOURCE", "id": self._sources[each]} for each in role.sources]
        stores = [{"type": "WAREHOUSE", "id": self._warehouses[each]} for each in role.warehouses]
        return {
            "roleId": role.role,
            "resources": [*sources, *stores],
            "labels": [{"key": key, "value": value} for key, value in role.labels],
        }
