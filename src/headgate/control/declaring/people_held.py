"""Who may do what in a workspace, in the shape in which declarations are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headgate.control.declaring.declared import (
    DeclaredGroup,
    DeclaredLabel,
    DeclaredRole,
    DeclaredUser,
)
from headgate.control.declaring.people_section import in_order
from headgate.store.access import Grants
from headgate.store.labels import Labels
from headgate.store.people import Groups, Invites, Members, Users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.control.declaring.declared import Declared
    from headgate.control.declaring.holdings import Holdings
    from headgate.store.database import Transaction
    from headgate.store.records import GrantRecord


def with_people(transaction: Transaction, held: Holdings) -> Declared:
    """Everything that a workspace holds."""
    roles = _Roles(transaction, held)
    return msgspec.structs.replace(
        held.declared(),
        labels={each.name: each for each in _labels(transaction, held.workspace)},
        users={each.email: each for each in _users(transaction, held.workspace, roles)},
        groups={each.name: each for each in _groups(transaction, held.workspace, roles)},
    )


class _Roles:
    """Who holds which roles, told by the slugs of what they are limited to."""

    def __init__(self, transaction: Transaction, held: Holdings) -> None:
        self._sources = {each.id: each.slug for each in held.sources.values()}
        self._warehouses = {each.id: each.slug for each in held.warehouses.values()}
        self._held: dict[str, list[DeclaredRole]] = {}
        for grant in Grants(transaction, held.workspace).all():
            if (role := self._told(grant)) is not None:
                self._held.setdefault(grant.holder, []).append(role)

    def of(self, holder: str) -> tuple[DeclaredRole, ...]:
        return in_order(self._held.get(holder, ()))

    def _told(self, grant: GrantRecord) -> DeclaredRole | None:
        """None for a role that is limited to what is gone.

        It allows nothing, and must not look like one without limits.
        """
        named = {each.id for each in grant.resources}
        role = DeclaredRole(
            role=grant.role,
            sources=tuple(sorted(self._sources[each] for each in named & self._sources.keys())),
            warehouses=tuple(
                sorted(self._warehouses[each] for each in named & self._warehouses.keys())
            ),
            labels=tuple(sorted((each.key, each.value) for each in grant.labels)),
        )
        return None if grant.resources and not role.is_limited else role


def _labels(transaction: Transaction, workspace: str) -> Iterable[DeclaredLabel]:
    """Those that were made; what a source carries besides is the source's."""
    for each in Labels(transaction, workspace).all():
        yield DeclaredLabel(key=each.key, value=each.value, description=each.description)


def _users(transaction: Transaction, workspace: str, roles: _Roles) -> list[DeclaredUser]:
    """By address; who is invited counts as a user, with what is promised."""
    ids = [each.user for each in Members(transaction, workspace).all()]
    found = [
        DeclaredUser(email=each.email, roles=roles.of(each.id))
        for each in Users(transaction).these(ids)
    ]
    found += [
        DeclaredUser(email=each.email, roles=roles.of(each.email), is_invited=True)
        for each in Invites(transaction, workspace).all()
    ]
    return sorted(found, key=lambda each: each.email)


def _groups(transaction: Transaction, workspace: str, roles: _Roles) -> list[DeclaredGroup]:
    groups = Groups(transaction, workspace)
    found = [
        DeclaredGroup(name=each.name, roles=roles.of(each.id), members=groups.members(each.id))
        for each in groups.all()
    ]
    return sorted(found, key=lambda each: each.name)
