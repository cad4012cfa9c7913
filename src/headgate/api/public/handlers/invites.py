"""Invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import SUCCESS, operation
from headgate.control.nouns import invites

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work


@operation("create_invites")
def create_invites(work: Work, call: Call) -> dict[str, Any]:
    """The links are for those who are asked: an answer of the API never holds them."""
    return {"emails": [each.email for each in invites.create(work, call.body["invites"])]}


@operation("list_invites")
def list_invites(work: Work, call: Call) -> dict[str, Any]:
    found = invites.listed(work, call.page.after, call.page.most)
    return {
        "invites": [each.email for each in found.invites],
        "pagination": call.page.answer(found.invites, lambda each: each.email, found.total),
    }


@operation("delete_invites")
def delete_invites(work: Work, call: Call) -> dict[str, Any]:
    invites.delete(work, call.query.many("emails"))
    return SUCCESS
