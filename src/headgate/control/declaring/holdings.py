"""What a workspace holds in the store, in the shape in which declarations are compared."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from headgate.control.declaring.declared import (
    Declared,
    DeclaredConnection,
    DeclaredOAuth,
    DeclaredOAuthApp,
    DeclaredSource,
    DeclaredSubscription,
)
from headgate.store.connections import Connections
from headgate.store.oauth_apps import Attachments, OAuthApps
from headgate.store.sources import Sources
from headgate.store.subscriptions import Subscriptions
from headgate.store.warehouses import Warehouses
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headgate.store.database import Transaction
    from headgate.store.records import (
        ConnectionRecord,
        OAuthAppRecord,
        SourceRecord,
        SubscriptionRecord,
        WarehouseRecord,
        WriteKeyRecord,
    )


class Holdings(msgspec.Struct, frozen=True):
    """The records of one workspace by slug; what belongs to one of them by its parent's slug."""

    workspace: str
    """Its id."""
    sources: dict[str, SourceRecord]
    write_keys: dict[str, tuple[str, ...]]
    connections: dict[str, ConnectionRecord]
    subscriptions: dict[str, tuple[SubscriptionRecord, ...]]
    oauth_apps: dict[str, OAuthAppRecord]
    attached: dict[str, tuple[str, ...]]
    """The slugs of the apps that a source takes tokens of, in order."""
    ends_at: dict[str, int] = {}
    """When write keys end, in milliseconds since 1970."""
    warehouses: dict[str, WarehouseRecord] = {}

    def declared(self) -> Declared:
        slugs = {source.id: source.slug for source in self.sources.values()}
        return Declared(
            {slug: self._source(source) for slug, source in self.sources.items()},
            {
                slug: self._connection(connection, slugs[connection.source])
                for slug, connection in self.connections.items()
            },
            {slug: _oauth_app(app) for slug, app in self.oauth_apps.items()},
        )

    def _source(self, source: SourceRecord) -> DeclaredSource:
        return DeclaredSource(
            slug=source.slug,
            name=source.name,
            enabled=source.enabled,
            answers=source.answers,
            labels=source.labels,
            write_keys=self.write_keys[source.slug],
            ends_at=self._ends(self.write_keys[source.slug]),
            oauth=self._oauth(source),
            schema=source.schema,
            kind=source.kind,
        )

    def _ends(self, keys: Iterable[str]) -> dict[str, int]:
        return {key: self.ends_at[key] for key in keys if key in self.ends_at}

    def _oauth(self, source: SourceRecord) -> DeclaredOAuth | None:
        apps = self.attached[source.slug]
        required = source.oauth_required
        return DeclaredOAuth(apps, required) if apps or required else None

    def _connection(self, connection: ConnectionRecord, source: str) -> DeclaredConnection:
        return DeclaredConnection(
            slug=connection.slug,
            name=connection.name,
            source=source,
            destination=connection.destination,
            enabled=connection.enabled,
            mode=connection.mode,
            ordering=connection.ordering,
            settings=connection.settings,
            filters=connection.filters,
            consent=connection.consent,
            subscriptions=tuple(map(_subscription, self.subscriptions[connection.slug])),
        )


def holdings(transaction: Transaction, workspace: str) -> Holdings:
    """`workspace` is an id."""
    sources = {source.slug: source for source in Sources(transaction, workspace).all()}
    connections = {each.slug: each for each in Connections(transaction, workspace).all()}
    keys: defaultdict[str, list[str]] = defaultdict(list)
    records = WriteKeys(transaction, workspace).all()
    for key in records:
        keys[key.source].append(key.key)
    subscriptions: defaultdict[str, list[SubscriptionRecord]] = defaultdict(list)
    for subscription in Subscriptions(transaction, workspace).all():
        subscriptions[subscription.connection].append(subscription)
    apps = {app.slug: app for app in OAuthApps(transaction, workspace).all()}
    return Holdings(
        workspace=workspace,
        sources=sources,
        write_keys={slug: tuple(keys[source.id]) for slug, source in sources.items()},
        connections=connections,
        subscriptions={slug: tuple(subscriptions[each.id]) for slug, each in connections.items()},
        oauth_apps=apps,
        attached=_attached(transaction, workspace, sources, apps),
        ends_at=_ends_at(records),
        warehouses={each.slug: each for each in Warehouses(transaction, workspace).all()},
    )


def portion(
    transaction: Transaction,
    workspace: str,
    sources: Sequence[SourceRecord],
    connections: Sequence[ConnectionRecord] = (),
) -> Holdings:
    """A part of a workspace, by id: some sources, and some of their connections."""
    keys, subscriptions = WriteKeys(transaction, workspace), Subscriptions(transaction, workspace)
    apps = {app.slug: app for app in OAuthApps(transaction, workspace).all()}
    by_slug = {source.slug: source for source in sources}
    records = [key for each in sources for key in keys.records(each.id)]
    return Holdings(
        workspace=workspace,
        sources=by_slug,
        write_keys={each.slug: keys.of(each.id) for each in sources},
        connections={each.slug: each for each in connections},
        subscriptions={each.slug: subscriptions.of(each.id) for each in connections},
        oauth_apps=apps,
        attached=_attached(transaction, workspace, by_slug, apps),
        ends_at=_ends_at(records),
    )


def _ends_at(records: Iterable[WriteKeyRecord]) -> dict[str, int]:
    return {each.key: each.ends_at for each in records if each.ends_at is not None}


def _attached(
    transaction: Transaction,
    workspace: str,
    sources: Mapping[str, SourceRecord],
    apps: Mapping[str, OAuthAppRecord],
) -> dict[str, tuple[str, ...]]:
    slugs = {app.id: app.slug for app in apps.values()}
    attached = Attachments(transaction, workspace).all()
    return {
        slug: tuple(sorted(slugs[app] for app in attached.get(source.id, ())))
        for slug, source in sources.items()
    }


def nothing(workspace: str = "") -> Holdings:
    return Holdings(workspace, {}, {}, {}, {}, {}, {})


def _oauth_app(record: OAuthAppRecord) -> DeclaredOAuthApp:
    return DeclaredOAuthApp(
        slug=record.slug,
        name=record.name,
        keys=record.keys,
        scopes=record.scopes,
        token_seconds=record.token_seconds,
        enabled=record.enabled,
        revoke_before=record.revoke_before,
    )


def _subscription(record: SubscriptionRecord) -> DeclaredSubscription:
    return DeclaredSubscription(
        name=record.name,
        action=record.action,
        enabled=record.enabled,
        fql=record.fql,
        trigger=record.trigger,
        mapping=record.mapping,
    )
