"""User groups; Segment has some of their paths in the singular."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import SUCCESS, operation
from headgate.api.public.people import minimal, part, permissions
from headgate.control.nouns import groups

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.nouns.groups import Seen
    from headgate.control.work import Work


@operation("list_user_groups")
def list_user_groups(work: Work, call: Call) -> dict[str, Any]:
    found = groups.listed(work, call.page.after, call.page.most)
    return {
        "userGroups": [told(work, each) for each in found.groups],
        "pagination": call.page.answer(found.groups, lambda each: each.group.id, found.total),
    }


@operation("get_user_group")
def get_user_group(work: Work, call: Call) -> dict[str, Any]:
    return {"userGroup": told(work, groups.get(work, _id(call)))}


@operation("create_user_group")
def create_user_group(work: Work, call: Call) -> dict[str, Any]:
    return {"userGroup": told(work, groups.create(work, call.body["name"]))}


@operation("update_user_group")
def update_user_group(work: Work, call: Call) -> dict[str, Any]:
    return {"userGroup": told(work, groups.update(work, _id(call), call.body["name"]))}


@operation("delete_user_group")
def delete_user_group(work: Work, call: Call) -> dict[str, Any]:
    groups.delete(work, _id(call))
    return SUCCESS


@operation("list_users_from_user_group")
def list_users_from_user_group(work: Work, call: Call) -> dict[str, Any]:
    found = groups.get(work, _id(call)).users
    page = part(call.page, found, lambda each: each.email)
    return {
        "users": [minimal(each) for each in page],
        "pagination": call.page.answer(page, lambda each: each.email, len(found)),
    }


@operation("list_invites_from_user_group")
def list_invites_from_user_group(work: Work, call: Call) -> dict[str, Any]:
    found = groups.get(work, _id(call)).invited
    page = part(call.page, found, str)
    return {"emails": page, "pagination": call.page.answer(page, str, len(found))}


@operation("add_users_to_user_group")
def add_users_to_user_group(work: Work, call: Call) -> dict[str, Any]:
    return {"userGroup": told(work, groups.add_users(work, _id(call), call.body["emails"]))}


@operation("remove_users_from_user_group")
def remove_users_from_user_group(work: Work, call: Call) -> dict[str, Any]:
    groups.remove_users(work, _id(call), call.query.many("emails"))
    return SUCCESS


@operation("replace_users_in_user_group")
def replace_users_in_user_group(work: Work, call: Call) -> dict[str, Any]:
    return {"userGroup": told(work, groups.replace_users(work, _id(call), call.body["emails"]))}


@operation("add_permissions_to_user_group")
def add_permissions_to_user_group(work: Work, call: Call) -> dict[str, Any]:
    held = groups.add_permissions(work, _id(call), call.body["permissions"])
    return {"permissions": permissions(work, held)}


@operation("replace_permissions_for_user_group")
def replace_permissions_for_user_group(work: Work, call: Call) -> dict[str, Any]:
    held = groups.replace_permissions(work, _id(call), call.body["permissions"])
    return {"permissions": permissions(work, held)}


def told(work: Work, seen: Seen) -> dict[str, Any]:
    """UserGroupV1; somebody who is only invited is no member yet."""
    return {
        "id": seen.group.id,
        "name": seen.group.name,
        "memberCount": len(seen.users),
        "permissions": permissions(work, seen.grants),
    }


def _id(call: Call) -> str:
    return call.path["userGroupId"]
