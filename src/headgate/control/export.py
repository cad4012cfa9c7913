"""Writes what a workspace holds as a declaration file: `headgate export`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.control.declaration import VERSION
from headgate.control.holdings import holdings
from headgate.control.oauth_section import written_oauth_app
from headgate.control.schema_section import written_schema
from headgate.control.source_kinds import USUAL
from headgate.control.text import dump
from headgate.control.workspaces import chosen
from headgate.store.secrets import is_sealed

if TYPE_CHECKING:
    from headgate.control.declared import Declared, DeclaredConnection, DeclaredSource
    from headgate.store.database import Store


def export(store: Store, workspace: str | None = None) -> str:
    """The YAML that `apply` takes; applied where it came from it changes nothing.

    Secrets are references. `workspace` is a slug, and may be left out while there is only one.
    Raises UnknownWorkspace.
    """
    with store.read() as transaction:
        found = chosen(transaction, workspace)
        held = holdings(transaction, found.id).declared()
    return dump(
        {
            "version": VERSION,
            "workspace": found.slug,
            **_oauth_apps(held),
            "sources": [_source(each) for each in held.sources.values()],
            "connections": [_connection(each) for each in held.connections.values()],
            "warehouses": [],
        }
    )


def _source(source: DeclaredSource) -> dict[str, Any]:
    return {
        "slug": source.slug,
        "name": source.name,
        **({} if source.kind == USUAL else {"kind": source.kind}),
        **({} if source.enabled else {"enabled": False}),
        "write_keys": list(source.write_keys or ()),
        "answers": source.answers,
        "labels": source.labels,
        **_oauth(source),
        **({"schema": written_schema(source.schema)} if source.schema else {}),
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
