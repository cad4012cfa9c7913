"""The snapshot that the committed records amount to, and what of it changed since a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.store.commands import Commands
from headgate.store.connections import Connections
from headgate.store.marks import Marks
from headgate.store.oauth_apps import Attachments, OAuthApps
from headgate.store.revision import version
from headgate.store.snapshot.journal import snapshot_of
from headgate.store.snapshot.model import (
    Changes,
    Command,
    Connection,
    OAuthApp,
    Snapshot,
    Source,
    SourceOAuth,
    Subscription,
    Thing,
)
from headgate.store.sources import Sources
from headgate.store.subscriptions import Subscriptions
from headgate.store.workspaces import Workspaces
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.store.database import Transaction
    from headgate.store.rows import Ids


MOST_CHANGES = 500
"""Beyond so many it is simpler to read everything."""


def current_snapshot(transaction: Transaction) -> Snapshot:
    """Everything of every workspace, with secrets still sealed."""
    workspaces = [workspace.id for workspace in Workspaces(transaction).all()]
    things = (thing for name in workspaces for thing in _things(transaction, name, None))
    return snapshot_of(version(transaction), things)


def changes_since(transaction: Transaction, known: int) -> Changes | None:
    """What changed after the version `known`; None for too much to tell one by one."""
    things: list[Thing] = []
    gone: list[str] = []
    for workspace in Workspaces(transaction).all():
        marked = Marks(transaction, workspace.id).since(known, MOST_CHANGES + 1)
        found = current_things(transaction, workspace.id, marked[:MOST_CHANGES])
        things += found
        gone += sorted({*marked} - {each.id for each in found})
        if len(marked) > MOST_CHANGES:
            return None
    return Changes(version(transaction), tuple(things), tuple(gone))


def current_things(transaction: Transaction, workspace: str, ids: Ids) -> tuple[Thing, ...]:
    """Those of a workspace with one of these ids; None for all."""
    return tuple(_things(transaction, workspace, ids)) if ids != () else ()


def _things(
    transaction: Transaction, workspace: str, ids: tuple[str, ...] | None
) -> Iterator[Thing]:
    """All of a workspace, or those with one of the ids."""
    yield from _sources(transaction, workspace, ids)
    yield from _connections(transaction, workspace, ids)
    yield from _oauth_apps(transaction, workspace, ids)
    yield from _commands(transaction, workspace, ids)


def _sources(transaction: Transaction, workspace: str, ids: Ids) -> Iterator[Source]:
    keys: dict[str, list[str]] = {}
    for record in WriteKeys(transaction, workspace).all(ids):
        keys.setdefault(record.source, []).append(record.key)
    attached = Attachments(transaction, workspace).all()
    for source in Sources(transaction, workspace).all(ids):
        apps = attached.get(source.id, ())
        yield Source(
            number=source.number,
            id=source.id,
            workspace=workspace,
            slug=source.slug,
            name=source.name,
            enabled=source.enabled,
            answers=source.answers,
            write_keys=tuple(keys.get(source.id, ())),
            oauth=SourceOAuth(apps, source.oauth_required)
            if apps or source.oauth_required
            else None,
            schema=source.schema,
        )


def _connections(transaction: Transaction, workspace: str, ids: Ids) -> Iterator[Connection]:
    subscriptions: dict[str, list[Subscription]] = {}
    for record in Subscriptions(transaction, workspace).all(ids):
        subscriptions.setdefault(record.connection, []).append(
            Subscription(
                id=record.id,
                name=record.name,
                action=record.action,
                enabled=record.enabled,
                fql=record.fql,
                trigger=record.trigger,
                mapping=record.mapping,
            )
        )
    records = Connections(transaction, workspace).all(ids)
    owners = None if ids is None else tuple({each.source for each in records})
    numbers = Sources(transaction, workspace).numbers(owners) if records else {}
    for connection in records:
        yield Connection(
            number=connection.number,
            id=connection.id,
            workspace=workspace,
            slug=connection.slug,
            name=connection.name,
            source=numbers[connection.source],
            destination=connection.destination,
            enabled=connection.enabled,
            mode=connection.mode,
            ordering=connection.ordering,
            settings=connection.settings,
            filters=connection.filters,
            consent=connection.consent,
            subscriptions=tuple(subscriptions.get(connection.id, ())),
            start=connection.start,
        )


def _oauth_apps(transaction: Transaction, workspace: str, ids: Ids) -> Iterator[OAuthApp]:
    for app in OAuthApps(transaction, workspace).all(ids):
        yield OAuthApp(
            id=app.id,
            workspace=workspace,
            slug=app.slug,
            name=app.name,
            keys=app.keys,
            scopes=app.scopes,
            token_seconds=app.token_seconds,
            enabled=app.enabled,
            revoke_before=app.revoke_before,
        )


def _commands(transaction: Transaction, workspace: str, ids: Ids) -> Iterator[Command]:
    records = Commands(transaction, workspace).all(ids)
    connections = tuple({each.connection for each in records})
    numbers = Connections(transaction, workspace).numbers(connections) if records else {}
    for command in records:
        yield Command(
            id=command.id,
            number=command.number,
            workspace=workspace,
            connection=numbers[command.connection],
            kind=command.kind,
            at=command.at,
            args=command.args,
        )
