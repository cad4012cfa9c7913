"""The workspace itself, and the echo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import operation

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work


@operation("get_workspace")
def get_workspace(work: Work, _: Call) -> dict[str, Any]:
    work.check("read", "workspace")
    workspace = work.workspace
    return {"workspace": {"id": workspace.id, "slug": workspace.slug, "name": workspace.name}}


@operation("echo")
def echo(work: Work, call: Call) -> dict[str, Any]:
    """For clients to try whether they get through."""
    work.check("read", "workspace")
    return {"method": "get", "message": call.query.one("message") or "", "headers": {}}
