"""People for tests: users and groups of a workspace, made as the operator makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.control.nouns import groups, users
from headgate.store.trail import Search, Trail

if TYPE_CHECKING:
    from headgate.store.records import UserRecord
    from tests.unit.api.asking import Asking


def user(api: Asking, email: str, *roles: str, workspace: str | None = None) -> UserRecord:
    with api.control.write(api.operator(workspace)) as work:
        return users.create(work, email, roles)


def group(api: Asking, name: str, *emails: str) -> str:
    """Its id."""
    with api.control.write(api.operator()) as work:
        made = groups.create(work, name).group.id
        if emails:
            groups.add_users(work, made, emails)
    return made


def trail(api: Asking, workspace: str | None = None) -> list[tuple[str, str, str]]:
    """What was written down last, the newest first: type, type of the resource, its name."""
    with api.store.read() as transaction:
        found = Trail(transaction, workspace or api.workspace.id).found(Search(), None, 100)
    return [(each.type, each.resource_type, each.resource_name) for each in found]


def whole(api: Asking, role: str) -> dict[str, Any]:
    """A permission for the whole workspace, as a client sends it."""
    return {"roleId": role, "resources": [{"id": api.workspace.id, "type": "WORKSPACE"}]}
