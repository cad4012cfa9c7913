"""Writes what a workspace holds as a declaration file: `headgate export`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.control.declaring.declaration import VERSION
from headgate.control.declaring.declared import Reference
from headgate.control.declaring.holdings import holdings
from headgate.control.declaring.people_held import with_people
from headgate.control.declaring.text import dump
from headgate.control.declaring.warehouse_held import with_warehouses
from headgate.control.declaring.written import written
from headgate.control.workspaces import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.control.declaring.declared import Declared
    from headgate.store.database import Store
    from headgate.store.records import WorkspaceRecord


def export(store: Store, workspace: str | None = None) -> str:
    """The YAML that `apply` takes; applied where it came from it changes nothing.

    Secrets are references. `workspace` is a slug, and may be left out while there is only one.
    Raises UnknownWorkspace.
    """
    with store.read() as transaction:
        found = chosen(transaction, workspace)
        records = holdings(transaction, found.id)
        held = with_warehouses(transaction, records, with_people(transaction, records))
    return dump(_told(_tree(found, held)))


def _tree(workspace: WorkspaceRecord, held: Declared) -> dict[str, Any]:
    """What a declaration may leave out is left out where there is none of it."""
    return {
        "version": VERSION,
        "workspace": workspace.slug,
        **({} if workspace.name == workspace.slug else {"name": workspace.name}),
        **_some("labels", held.labels),
        **_some("oauth_apps", held.oauth_apps),
        "sources": [written(each) for each in held.sources.values()],
        "connections": [written(each) for each in held.connections.values()],
        **_some("users", held.users),
        **_some("groups", held.groups),
        "warehouses": [written(each) for each in (held.warehouses or {}).values()],
    }


def _some(key: str, things: Mapping[str, object] | None) -> dict[str, Any]:
    return {key: [written(each) for each in things.values()]} if things else {}


def _told(tree: Any) -> Any:
    """The tree of a file: a secret is told by its name alone."""
    match tree:
        case dict():
            return {key: _told(value) for key, value in tree.items()}
        case list():
            return [_told(value) for value in tree]
        case Reference():
            return {"@secret": tree.name}
    return tree
