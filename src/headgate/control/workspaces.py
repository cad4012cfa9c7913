"""Which workspace is meant, where a person may leave it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control.access.actor import operator
from headgate.control.errors import UnknownWorkspace
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from headgate.control.access.actor import Actor
    from headgate.store.database import Store, Transaction
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


FIRST = "main"
"""What the first workspace is called, where nobody gives it a name."""


def operated(store: Store, slug: str | None) -> Actor:
    """The operator of a workspace; raises UnknownWorkspace."""
    with store.read() as transaction:
        return operator(chosen(transaction, slug).id)


def founded(transaction: Transaction, slug: str | None) -> Actor:
    """The same where a workspace that is named and absent is made, and so is the first one."""
    there = Workspaces(transaction).all()
    if any(slug in (None, each.slug) for each in there):
        return operator(chosen(transaction, slug).id)
    return operator(Workspaces(transaction).add(slug or FIRST).id)
