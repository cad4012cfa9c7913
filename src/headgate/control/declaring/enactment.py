"""Makes the changes of a plan in one transaction of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate.control.declaring.changes import (
    BY_USE_CASE,
    Change,
    DeclaredKey,
    DeclaredWorkspace,
    placed,
)
from headgate.control.declaring.declared import (
    DeclaredConnection,
    DeclaredOAuthApp,
    DeclaredSource,
    DeclaredSubscription,
    Plain,
)
from headgate.store.connections import Connections
from headgate.store.oauth_apps import Attachments, OAuthApps
from headgate.store.secrets import secret_place
from headgate.store.sources import Sources
from headgate.store.subscriptions import Subscriptions
from headgate.store.workspaces import Workspaces
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.control.declaring.changes import Place, Plan
    from headgate.control.declaring.holdings import Holdings
    from headgate.store.database import Transaction
    from headgate.store.records import ConnectionRecord
    from headgate.store.secrets import SecretBox


class Enactment:
    """One plan on its way into the store.

    `head` is where the log ends now: where a connection starts that becomes enabled for the
    first time (data-path section 2). `at` is now, in milliseconds since 1970.
    """

    def __init__(
        self,
        transaction: Transaction,
        held: Holdings,
        box: SecretBox,
        head: Mapping[int, int],
        at: int,
    ) -> None:
        self._at = at
        self._workspaces = Workspaces(transaction)
        self._workspace, self._box, self._head = held.workspace, box, dict(head)
        self._apps = OAuthApps(transaction, held.workspace)
        self._attachments = Attachments(transaction, held.workspace)
        self._sources = Sources(transaction, held.workspace)
        self._keys = WriteKeys(transaction, held.workspace)
        self._connections = Connections(transaction, held.workspace)
        self._subscriptions = Subscriptions(transaction, held.workspace)
        self._app_records = dict(held.oauth_apps)
        self._source_records = dict(held.sources)
        self._connection_records = dict(held.connections)
        self._placed = {slug: placed(each) for slug, each in held.subscriptions.items()}

    def enact(self, plan: Plan) -> list[tuple[Change, str]]:
        """Each change with the id of what it was about; a write key is its own source's.

        What use cases make is left to them: `WarehouseEnactment`, `PeopleEnactment`.
        """
        done = []
        for change in [each for each in plan.changes if each.noun not in BY_USE_CASE]:
            before = self._id_of(change)
            self._enact(change)
            done.append((change, before or self._id_of(change)))
        for slug, order in plan.orders.items():
            self._order(slug, order)
        return done

    def _id_of(self, change: Change) -> str:
        """Empty for what is not there."""
        match change.noun:
            case "app":
                record: Any = self._app_records.get(change.name)
            case "source" | "key":
                record = self._source_records.get(change.of or change.name)
            case "connection":
                record = self._connection_records.get(change.name)
            case "subscription":
                record = self._placed.get(change.of, {}).get(change.place)
            case "workspace":
                return self._workspace
        return record.id if record is not None else ""

    def _enact(self, change: Change) -> None:
        if change.verb == "delete":
            self._remove(change)
        else:
            self._put(change)

    def _remove(self, change: Change) -> None:
        match change.noun:
            case "app":
                self._apps.remove(self._app_records.pop(change.name).id)
            case "source":
                self._sources.remove(self._source_records.pop(change.name).id)
            case "key":
                self._keys.remove(change.name)
            case "connection":
                self._connections.remove(self._connection_records.pop(change.name).id)
            case "subscription":
                self._subscriptions.remove(self._placed[change.of].pop(change.place).id)

    def _put(self, change: Change) -> None:
        """The workspace itself is there already: nothing could be read of it otherwise."""
        match change:
            case Change(noun="workspace", to=DeclaredWorkspace() as workspace):
                self._workspaces.rename(self._workspace, workspace.name)
            case Change(noun="app", to=DeclaredOAuthApp() as app):
                self._put_app(app)
            case Change(noun="source", to=DeclaredSource() as source):
                self._put_source(source)
            case Change(noun="key", to=DeclaredKey() as key):
                self._put_key(change, key)
            case Change(noun="connection", to=DeclaredConnection() as connection):
                self._put_connection(connection)
            case Change(noun="subscription", to=DeclaredSubscription() as subscription):
                self._put_subscription(change.of, change.place, subscription)

    def _put_app(self, wanted: DeclaredOAuthApp) -> None:
        fields = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
        if (record := self._app_records.get(wanted.slug)) is None:
            self._app_records[wanted.slug] = self._apps.add(**fields)
        else:
            self._apps.update(msgspec.structs.replace(record, **fields))

    def _put_source(self, wanted: DeclaredSource) -> None:
        fields: dict[str, Any] = {
            "name": wanted.name,
            "enabled": wanted.enabled,
            "answers": wanted.answers,
            "labels": wanted.labels,
            "oauth_required": wanted.oauth is not None and wanted.oauth.required,
            "schema": wanted.schema,
            "kind": wanted.kind,
        }
        if (record := self._source_records.get(wanted.slug)) is None:
            record = self._sources.add(slug=wanted.slug, at=self._at, **fields)
            self._source_records[wanted.slug] = record
        else:
            self._sources.update(msgspec.structs.replace(record, updated_at=self._at, **fields))
        apps = wanted.oauth.apps if wanted.oauth else ()
        self._attachments.replace(record.id, [self._app_records[slug].id for slug in apps])

    def _put_key(self, change: Change, key: DeclaredKey) -> None:
        if change.verb == "update":
            self._keys.end(key.key, key.ends_at)
        else:
            self._keys.add(key.key, self._source_records[change.of].id, key.ends_at)

    def _put_connection(self, wanted: DeclaredConnection) -> None:
        record = self._connection_records.get(wanted.slug) or self._connections.add(
            slug=wanted.slug,
            source=self._source_records[wanted.source].id,
            destination=wanted.destination,
            at=self._at,
        )
        changed = msgspec.structs.replace(
            record,
            name=wanted.name,
            enabled=wanted.enabled,
            mode=wanted.mode,
            ordering=wanted.ordering,
            settings=self._sealed(record, wanted.settings),
            filters=wanted.filters,
            consent=wanted.consent,
            start=self._start(record, wanted),
            updated_at=self._at,
        )
        self._connections.update(changed)
        self._connection_records[wanted.slug] = changed

    def _sealed(self, record: ConnectionRecord, settings: Mapping[str, Any]) -> dict[str, Any]:
        return {
            field: self._box.seal(value.value, secret_place(self._workspace, record.id, field))
            if isinstance(value, Plain)
            else value
            for field, value in settings.items()
        }

    def _start(self, record: ConnectionRecord, wanted: DeclaredConnection) -> dict[int, int] | None:
        """What pages deliver never has a lane: nobody here learns how it ended."""
        if wanted.mode == "device":
            return None
        return self._head if wanted.enabled and record.start is None else record.start

    def _put_subscription(self, slug: str, place: Place, wanted: DeclaredSubscription) -> None:
        placed = self._placed.setdefault(slug, {})
        fields = msgspec.structs.asdict(wanted)
        if (record := placed.get(place)) is None:
            connection = self._connection_records[slug].id
            placed[place] = self._subscriptions.add(connection=connection, ordinal=-1, **fields)
        else:
            placed[place] = msgspec.structs.replace(record, **fields)
            self._subscriptions.update(placed[place])

    def _order(self, slug: str, order: tuple[Place, ...]) -> None:
        placed = self._placed.get(slug, {})
        for ordinal, place in enumerate(order):
            if placed[place].ordinal != ordinal:
                placed[place] = msgspec.structs.replace(placed[place], ordinal=ordinal)
                self._subscriptions.update(placed[place])
