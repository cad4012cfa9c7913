"""Users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import SUCCESS, operation
from headgate.api.public.people import minimal, part, permissions
from headgate.control.nouns import users

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.nouns.users import Seen
    from headgate.control.work import Work


@operation("list_users")
def list_users(work: Work, call: Call) -> dict[str, Any]:
    found = users.listed(work, call.page.after, call.page.most)
    return {
        "users": [told(work, each) for each in found.users],
        "pagination": call.page.answer(found.users, lambda each: each.user.id, found.total),
    }


@operation("get_user")
def get_user(work: Work, call: Call) -> dict[str, Any]:
    return {"user": told(work, users.get(work, call.path["userId"]))}


@operation("delete_users")
def delete_users(work: Work, call: Call) -> dict[str, Any]:
    users.delete(work, call.query.many("userIds"))
    return SUCCESS


@operation("add_permissions_to_user")
def add_permissions_to_user(work: Work, call: Call) -> dict[str, Any]:
    held = users.add_permissions(work, call.path["userId"], call.body["permissions"])
    return {"permissions": permissions(work, held)}


@operation("replace_permissions_for_user")
def replace_permissions_for_user(work: Work, call: Call) -> dict[str, Any]:
    held = users.replace_permissions(work, call.path["userId"], call.body["permissions"])
    return {"permissions": permissions(work, held)}


@operation("list_user_groups_from_user")
def list_user_groups_from_user(work: Work, call: Call) -> dict[str, Any]:
    found = users.groups(work, call.path["userId"])
    page = part(call.page, found, lambda each: each.id)
    return {
        "groups": [{"id": each.id, "name": each.name} for each in page],
        "pagination": call.page.answer(page, lambda each: each.id, len(found)),
    }


def told(work: Work, seen: Seen) -> dict[str, Any]:
    """UserV1."""
    return {**minimal(seen.user), "permissions": permissions(work, seen.grants)}
