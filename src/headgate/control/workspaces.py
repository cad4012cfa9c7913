"""Which workspace is meant, where a person may leave it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control.errors import UnknownWorkspace
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from headgate.store.database import Transaction
    from headgate.store.records import WorkspaceRecord


def chosen(transaction: Transaction, slug: str | None) -> WorkspaceRecord:
    """The workspace of this slug, or the only one; raises UnknownWorkspace."""
    there = Workspaces(transaction).all()
    found = [each for each in there if slug in (None, each.slug)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.slug for each in there) or "none: apply a declaration first"
    problem = "name a workspace" if slug is None else f"there is no workspace {slug}"
    raise UnknownWorkspace(f"{problem}; there is {names}")
