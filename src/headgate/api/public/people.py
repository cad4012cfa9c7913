"""People and their permissions, as clients of the Public API read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from headgate.control.access.roles import ROLES
from headgate.control.nouns.grants import WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from headgate.api.public.pagination import Page
    from headgate.control.work import Work
    from headgate.store.records import GrantRecord, UserRecord

T = TypeVar("T")


def part(page: Page, found: Iterable[T], key: Callable[[T], str]) -> list[T]:
    """The page of a list that is known as a whole, and stands in the order of its keys."""
    return [each for each in found if page.after is None or key(each) > page.after][: page.most]


def permissions(work: Work, grants: Iterable[GrantRecord]) -> list[dict[str, Any]]:
    """AccessPermissionV1 and PermissionV1: what is sent back as it came changes nothing."""
    return [
        {
            "roleId": each.role,
            "roleName": ROLES[each.role].name,
            "resources": _resources(work, each),
        }
        for each in grants
        if each.role in ROLES
    ]


def _resources(work: Work, grant: GrantRecord) -> list[dict[str, Any]]:
    named: list[dict[str, Any]] = [{"id": each.id, "type": each.type} for each in grant.resources]
    if grant.labels:
        labels = [{"key": each.key, "value": each.value} for each in grant.labels]
        return [*named, {"id": work.workspace.id, "type": WORKSPACE, "labels": labels}]
    return named or [{"id": work.workspace.id, "type": WORKSPACE}]


def minimal(user: UserRecord) -> dict[str, Any]:
    """MinimalUserV1."""
    return {"id": user.id, "name": user.name, "email": user.email}
