"""Things as a declaration file writes them: every field that `apply` reads, in its order there."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final

from headgate.clock import iso
from headgate.control.declaring.changes import DeclaredKey, DeclaredWorkspace
from headgate.control.declaring.declared import (
    DeclaredConnection,
    DeclaredGroup,
    DeclaredLabel,
    DeclaredOAuthApp,
    DeclaredSource,
    DeclaredSubscription,
    DeclaredUser,
    DeclaredWarehouse,
    Plain,
    Reference,
)
from headgate.control.declaring.oauth_section import written_oauth_app
from headgate.control.declaring.people_section import written_group, written_label, written_user
from headgate.control.declaring.schema_section import written_schema
from headgate.control.declaring.warehouse_section import written_warehouse
from headgate.control.source_kinds import USUAL
from headgate.store.secrets import is_sealed

if TYPE_CHECKING:
    from headgate.control.declaring.changes import DeclaredThing


@singledispatch
def written(thing: object) -> dict[str, Any]:
    """A thing of a declaration; a secret in it is a `Plain` or a `Reference`."""
    raise TypeError(f"{thing!r} is nothing that a declaration holds")


written.register(DeclaredOAuthApp, written_oauth_app)
written.register(DeclaredLabel, written_label)
written.register(DeclaredUser, written_user)
written.register(DeclaredGroup, written_group)
written.register(DeclaredWarehouse, written_warehouse)


_UNSAID: Final[dict[type, dict[str, Any]]] = {
    DeclaredOAuthApp: {"enabled": True},
    DeclaredSource: {"kind": USUAL, "enabled": True},
    DeclaredLabel: {"description": ""},
}


def whole(thing: DeclaredThing) -> dict[str, Any]:
    """The same with what a file leaves out where it is as usual."""
    named = {"name": thing.name} if isinstance(thing, DeclaredConnection) else {}
    return {**_UNSAID.get(type(thing), {}), **named, **written(thing)}


@written.register
def _workspace(workspace: DeclaredWorkspace) -> dict[str, Any]:
    return {"name": workspace.name}


@written.register
def _source(source: DeclaredSource) -> dict[str, Any]:
    return {
        "slug": source.slug,
        "name": source.name,
        **({} if source.kind == USUAL else {"kind": source.kind}),
        **({} if source.enabled else {"enabled": False}),
        "write_keys": [_in_short(key, source.ends_at.get(key)) for key in source.write_keys or ()],
        "answers": source.answers,
        "labels": source.labels,
        **_oauth(source),
        **({"schema": written_schema(source.schema)} if source.schema else {}),
    }


def _in_short(key: str, ends_at: int | None) -> str | dict[str, str]:
    return key if ends_at is None else {"key": key, "ends_at": iso(ends_at)}


@written.register
def _key(key: DeclaredKey) -> dict[str, Any]:
    return {"key": key.key, **({} if key.ends_at is None else {"ends_at": iso(key.ends_at)})}


def _oauth(source: DeclaredSource) -> dict[str, Any]:
    if source.oauth is None:
        return {}
    return {"oauth": {"apps": list(source.oauth.apps), "required": source.oauth.required}}


@written.register
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
            field: Reference(f"{connection.slug}.{field}") if is_sealed(value) else value
            for field, value in connection.settings.items()
        },
        "filters": connection.filters,
        "consent": connection.consent,
        "subscriptions": [_subscription(each) for each in connection.subscriptions],
    }


@written.register
def _subscription(subscription: DeclaredSubscription) -> dict[str, Any]:
    return {
        "name": subscription.name,
        "action": subscription.action,
        "enabled": subscription.enabled,
        "fql": subscription.fql,
        "trigger": subscription.trigger,
        "mapping": subscription.mapping,
    }


def is_secret(value: object) -> bool:
    return isinstance(value, Plain | Reference)
