"""The snapshot that the committed records amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.store.commands import Commands
from headgate.store.connections import Connections
from headgate.store.oauth_apps import Attachments, OAuthApps
from headgate.store.revision import version
from headgate.store.snapshot.model import (
    Command,
    Connection,
    OAuthApp,
    Snapshot,
    Source,
    SourceOAuth,
    Subscription,
)
from headgate.store.sources import Sources
from headgate.store.subscriptions import Subscriptions
from headgate.store.workspaces import Workspaces
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headgate.store.database import Transaction


def current_snapshot(transaction: Transaction) -> Snapshot:
    """Everything of every workspace, with secrets still sealed."""
    workspaces = [workspace.id for workspace in Workspaces(transaction).all()]
    sources = [source for name in workspaces for source in _sources(transaction, name)]
    numbers = {source.id: source.number for source in sources}
    connections = [
        connection for name in workspaces for connection in _connections(transaction, name, numbers)
    ]
    return Snapshot(
        version(transaction),
        {source.number: source for source in sources},
        {connection.number: connection for connection in connections},
        {app.id: app for name in workspaces for app in _oauth_apps(transaction, name)},
        _by_id(_commands(transaction, workspaces, {each.id: each.number for each in connections})),
    )


def _commands(
    transaction: Transaction, workspaces: Iterable[str], numbers: dict[str, int]
) -> Iterator[Command]:
    for workspace in workspaces:
        for command in Commands(transaction, workspace).all():
            yield Command(
                id=command.id,
                number=command.number,
                workspace=workspace,
                connection=numbers[command.connection],
                kind=command.kind,
                at=command.at,
                args=command.args,
            )


def _by_id(commands: Iterable[Command]) -> dict[str, Command]:
    return {each.id: each for each in sorted(commands, key=lambda each: each.number)}


def _sources(transaction: Transaction, workspace: str) -> Iterator[Source]:
    keys: dict[str, list[str]] = {}
    for record in WriteKeys(transaction, workspace).all():
        keys.setdefault(record.source, []).append(record.key)
    attached = Attachments(transaction, workspace).all()
    for source in Sources(transaction, workspace).all():
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


def _oauth_apps(transaction: Transaction, workspace: str) -> Iterator[OAuthApp]:
    for app in OAuthApps(transaction, workspace).all():
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


def _connections(
    transaction: Transaction, workspace: str, numbers: dict[str, int]
) -> Iterator[Connection]:
    subscriptions: dict[str, list[Subscription]] = {}
    for record in Subscriptions(transaction, workspace).all():
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
    for connection in Connections(transaction, workspace).all():
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
