"""A connection made ready to deliver: settings opened, triggers and mappings compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate import catalog, mapping
from headgate.kit.connected import Connected
from headgate.route import Router

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headgate.kit import Action
    from headgate.store.snapshot import Connection


class PreparedSubscription(NamedTuple):
    id: str
    action: Action[Any, Any]
    mapper: Callable[[Mapping[str, Any]], Any]
    mapping: dict[str, Any]


class Prepared(NamedTuple):
    """What an attempt on a connection needs, beside the event."""

    connection: Connection
    router: Router
    connected: Connected[Any]
    subscriptions: Mapping[str, PreparedSubscription]
    snapshot: int
    """Version of the snapshot it was made from."""
    secrets: tuple[str, ...]
    """Plain values that must not appear in any record."""


def prepare(connection: Connection, plain: dict[str, Any], snapshot: int) -> Prepared:
    """Compile a connection; `plain` are its settings with secrets opened.

    Raises `ValueError` or its kin when something does not compile: then this connection alone is
    refused, and its lane is held.
    """
    destination = catalog.destination(connection.destination)
    settings = destination.settings.read(plain)
    secret_keys = destination.settings.stored_secrets()
    return Prepared(
        connection,
        Router(connection),
        Connected(destination, settings),
        {
            subscription.id: PreparedSubscription(
                subscription.id,
                destination.actions[subscription.action],
                mapping.compile(subscription.mapping, subscription.fql),
                subscription.mapping,
            )
            for subscription in connection.subscriptions
            if subscription.enabled
        },
        snapshot,
        tuple(str(plain[key]) for key in secret_keys if plain.get(key)),
    )
