"""Makes the changes of a plan in one transaction of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate.control.changes import Change, placed
from headgate.control.declared import (
    DeclaredConnection,
    DeclaredSource,
    DeclaredSubscription,
    Plain,
)
from headgate.store.connections import Connections
from headgate.store.secrets import secret_place
from headgate.store.sources import Sources
from headgate.store.subscriptions import Subscriptions
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.control.changes import Place, Plan
    from headgate.control.holdings import Holdings
    from headgate.store.database import Transaction
    from headgate.store.records import ConnectionRecord
    from headgate.store.secrets import SecretBox


class Enactment:
    """One plan on its way into the store.

    `head` is where the log ends now: where a connection starts that becomes enabled for the
    first time (data-path section 2).
    """

    def __init__(
        self, transaction: Transaction, held: Holdings, box: SecretBox, head: Mapping[int, int]
    ) -> None:
        self._workspace, self._box, self._head = held.workspace, box, dict(head)
        self._sources = Sources(transaction, held.workspace)
        self._keys = WriteKeys(transaction, held.workspace)
        self._connections = Connections(transaction, held.workspace)
        self._subscriptions = Subscriptions(transaction, held.workspace)
        self._source_records = dict(held.sources)
        self._connection_records = dict(held.connections)
        self._placed = {slug: placed(each) for slug, each in held.subscriptions.items()}

    def enact(self, plan: Plan) -> None:
        for change in plan.changes:
            self._enact(change)
        for slug, order in plan.orders.items():
            self._order(slug, order)

    def _enact(self, change: Change) -> None:
        """The workspace itself is there already: nothing could be read of it otherwise."""
        match change:
            case Change(noun="source", verb="delete"):
                self._sources.remove(self._source_records.pop(change.name).id)
            case Change(noun="source", to=DeclaredSource() as source):
                self._put_source(source)
            case Change(noun="key", verb="delete"):
                self._keys.remove(change.name)
            case Change(noun="key"):
                self._keys.add(change.name, self._source_records[change.of].id)
            case Change(noun="connection", verb="delete"):
                self._connections.remove(self._connection_records.pop(change.name).id)
            case Change(noun="connection", to=DeclaredConnection() as connection):
                self._put_connection(connection)
            case Change(noun="subscription", verb="delete"):
                self._subscriptions.remove(self._placed[change.of].pop(change.place).id)
            case Change(noun="subscription", to=DeclaredSubscription() as subscription):
                self._put_subscription(change.of, change.place, subscription)

    def _put_source(self, wanted: DeclaredSource) -> None:
        fields: dict[str, Any] = {
            "name": wanted.name,
            "enabled": wanted.enabled,
            "answers": wanted.answers,
            "labels": wanted.labels,
        }
        if (record := self._source_records.get(wanted.slug)) is None:
            self._source_records[wanted.slug] = self._sources.add(slug=wanted.slug, **fields)
        else:
            self._sources.update(msgspec.structs.replace(record, **fields))

    def _put_connection(self, wanted: DeclaredConnection) -> None:
        record = self._connection_records.get(wanted.slug) or self._connections.add(
            slug=wanted.slug,
            source=self._source_records[wanted.source].id,
            destination=wanted.destination,
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
            start=self._start(record, enabled=wanted.enabled),
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

    def _start(self, record: ConnectionRecord, *, enabled: bool) -> dict[int, int] | None:
        return self._head if enabled and record.start is None else record.start

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
