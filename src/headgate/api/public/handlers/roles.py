"""Roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import operation
from headgate.api.public.people import part
from headgate.control.access.roles import ROLES

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work


@operation("list_roles")
def list_roles(work: Work, call: Call) -> dict[str, Any]:
    work.check("read", "workspace")
    roles = sorted(ROLES.values(), key=lambda each: each.id)
    page = part(call.page, roles, lambda each: each.id)
    return {
        "roles": [
            {"id": each.id, "name": each.name, "description": each.description} for each in page
        ],
        "pagination": call.page.answer(page, lambda each: each.id, len(roles)),
    }
