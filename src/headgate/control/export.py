"""Writes what a workspace holds as a declaration file: `headgate export`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.control.declaration import VERSION
from headgate.control.errors import UnknownWorkspace
from headgate.control.holdings import holdings
from headgate.control.oauth_section import written_oauth_app
from headgate.control.text import dump
from headgate.store.secrets import is_sealed
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from headgate.control.declared import Declared, DeclaredConnection, DeclaredSource
    from headgate.store.database import Store, Transaction
    from headgate.store.records import WorkspaceRecord


def export(store: Store, workspace: str | None = None) -> str:
    """The YAML that `apply` takes; applied where it came from it changes nothing.

    Secrets are references. `workspace` is a slug, and may be left out while there is only one.
    Raises UnknownWorkspace.
    """
    with store.read() as transaction:
        chosen = _chosen(transaction, workspace)
        held = holdings(transaction, chosen.id).declared()
    return dump(
        {
            "version": VERSION,
            "workspace": chosen.slug,
            **_oauth_apps(held),
            "sources": [_source(each) for each in held.sources.values()],
            "connections": [_connection(each) for each in held.connections.values()],
            "warehouses": [],
        }
    )


def _chosen(transaction: Transaction, slug: str | None) -> WorkspaceRecord:
    there = Workspaces(transaction).all()
    found = [each for each in there if slug in (None, each.slug)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.slug for each in there) or "none: apply a declaration first"
    problem = "name a workspace" if slug is None else f"there is no workspace {slug}"
    raise UnknownWorkspace(f"{problem}; there is {names}")


def _source(source: DeclaredSource) -> dict[str, Any]:
    return {
        "slug": source.slug,
        "name": source.name,
        **({} if source.enabled else {"enabled": False}),
        "write_keys": list(source.write_keys or ()),
        "answers": source.answers,
        "labels": source.labels,
        **_oauth(source),
    }


def _oauth(source: DeclaredSource) -> dict[str, Any]:
    if source.oauth is None:
        return {}
    return {"oauth": {"apps": list(source.oauth.apps), "required": source.oauth.required}}


def _oauth_apps(held: Declared) -> dict[str, Any]:
    apps = [written_oauth_app(app) for app in held.oauth_apps.values()]
    return {"oauth_apps": apps} if apps else {}


def _connection(connection: DeclaredConnection) -> dict[str, Any]:
    return {
        "slug": connection.slug,
        **({} if connection.name == connection.slug else {"name": connection.name}),
        "source": connection.source,
        "destination": connection.destination,
        "enabled": connection.enabled,
        "mode": connection.mode,
        "ordering": connection.ordering,
        "settings": {
            field: {"@secret": f"{connection.slug}.{field}"} if is_sealed(value) else value
            for field, value in connection.settings.items()
        },
        "filters": connection.filters,
        "consent": connection.consent,
        "subscriptions": [
            {
                "name": each.name,
                "action": each.action,
                "enabled": each.enabled,
                "fql": each.fql,
                "trigger": each.trigger,
                "mapping": each.mapping,
            }
            for each in connection.subscriptions
        ],
    }
