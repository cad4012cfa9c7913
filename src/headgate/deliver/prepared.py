"""A connection made ready to deliver: settings opened, triggers and mappings compiled."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate import catalog, mapping
from headgate.deliver.batches import ENABLED
from headgate.kit.access import read_account, secret_values
from headgate.kit.connected import Connected
from headgate.kit.oauth import Refresher
from headgate.route import NO_RULES, Router, SourceRules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headgate.kit import Action, Tokens
    from headgate.kit.oauth import TokenStore
    from headgate.mapping import Mapper
    from headgate.store.snapshot import Connection, Language

MOST_SHARED = 1024
"""How many compiled mappings are kept for others that are the same."""
_OFF = (False, "false", None)
ROOT = "__segment_internal_directive"
"""The key of a directive that computes the whole mapping (domain section 6)."""


class PreparedSubscription(NamedTuple):
    id: str
    action: Action[Any, Any]
    mapper: Callable[[Mapping[str, Any]], Any]
    mapping: dict[str, Any]
    may_batch: bool = False
    """Its action takes batches, and its mapping does not rule them out."""


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
    refresher: Refresher | None = None
    """Knows the tokens in use, where the destination has OAuth."""
    rules: SourceRules = NO_RULES


def prepare(
    connection: Connection,
    plain: dict[str, Any],
    snapshot: int,
    keep: Callable[[Connection, Tokens], TokenStore],
    rules: SourceRules = NO_RULES,
) -> Prepared:
    """Compile a connection; `plain` are its settings with secrets opened.

    `keep` gives the place where tokens are kept that come of those in the settings.

    Raises `ValueError` or its kin when something does not compile: then this connection alone is
    refused, and its lane is held.
    """
    destination = catalog.destination(connection.destination)
    settings, access = read_account(destination, plain)
    refresher = None
    if access is not None:
        refresher = Refresher(destination, access.client, keep(connection, access.tokens))
    return Prepared(
        connection,
        Router(connection, rules),
        Connected(destination, settings, refresher),
        {
            subscription.id: PreparedSubscription(
                subscription.id,
                destination.actions[subscription.action],
                _mapper(msgspec.msgpack.encode(subscription.mapping), subscription.fql),
                subscription.mapping,
                _may_batch(destination.actions[subscription.action], subscription.mapping),
            )
            for subscription in connection.subscriptions
            if subscription.enabled
        },
        snapshot,
        secret_values(destination, plain),
        refresher,
        rules,
    )


@lru_cache(MOST_SHARED)
def _mapper(stored: bytes, fql: Language) -> Mapper:
    """One for all subscriptions with the same mapping: thousands have what was suggested."""
    return mapping.compile(msgspec.msgpack.decode(stored), fql)


def _may_batch(action: Action[Any, Any], mapping: Mapping[str, Any]) -> bool:
    """A mapping that is computed as a whole may turn out to say so."""
    is_computed = any(key.startswith("@") or key == ROOT for key in mapping)
    return action.batched is not None and (is_computed or mapping.get(ENABLED) not in _OFF)
