"""The workspace itself, and the echo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import operation
from headgate.control.errors import Invalid, Problem, Refused

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work


@operation("get_workspace")
def get_workspace(work: Work, _: Call) -> dict[str, Any]:
    work.check_somewhere("read", "workspace")
    workspace = work.workspace
    return {"workspace": {"id": workspace.id, "slug": workspace.slug, "name": workspace.name}}


@operation("echo")
def echo(work: Work, call: Call) -> dict[str, Any]:
    """For clients to try whether they get through, and what they make of errors."""
    work.check_somewhere("read", "workspace")
    message = call.query.one("message") or ""
    if problems := [
        Problem(name, "is nothing that this echo can do")
        for name in ("delay", "statusCode")
        if call.query.one(name) is not None
    ]:
        raise Invalid(problems)
    if _is_asked(call, "triggerMultipleErrors"):
        raise Invalid([Problem("", message), Problem("", message)])
    if _is_asked(call, "triggerError"):
        raise Refused(message)
    if _is_asked(call, "triggerUnexpectedError"):
        raise RuntimeError("asked for")
    return {"method": "get", "message": message, "headers": dict(call.headers)}


def _is_asked(call: Call, name: str) -> bool:
    return call.query.one(name) == "true"
