"""Workspaces: there is one for each token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.api.config.calls import operation
from headgate.api.config.models import Workspace, Workspaces
from headgate.api.config.names import workspace_name

if TYPE_CHECKING:
    from headgate.api.config.calls import Call
    from headgate.control.work import Work


@operation("GET /workspaces", Workspaces)
def list_workspaces(work: Work, call: Call) -> Workspaces:
    return Workspaces(workspaces=[get_workspace(work, call)])


@operation("GET /workspaces/{workspace}", Workspace)
def get_workspace(work: Work, _: Call) -> Workspace:
    work.check_somewhere("read", "workspace")
    workspace = work.workspace
    return Workspace(name=workspace_name(work), display_name=workspace.name, id=workspace.id)
