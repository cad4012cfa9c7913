"""Removes the write keys whose time is over: nobody does that, time does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.control.nouns.write_keys import over
from headgate.store.revision import raise_version
from headgate.store.sources import Sources
from headgate.store.trail import Trail
from headgate.store.workspaces import Workspaces
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from headgate.store.database import Store, Transaction

ACTOR = "headgate"
"""Who does in the audit trail what nobody does."""


class Ended(NamedTuple):
    """`workspace` and `source` are ids."""

    workspace: str
    source: str
    key: str


def end_write_keys(store: Store, now: int) -> int:
    """Remove what is over at `now`, in milliseconds since 1970; how many keys that were.

    The caller publishes. Raises an error of the store.
    """
    with store.read() as transaction:
        if not _over(transaction, now):
            return 0
    with store.write() as transaction:
        ended = _over(transaction, now)
        for each in ended:
            WriteKeys(transaction, each.workspace).remove(each.key)
            _note(transaction, each, now)
        if ended:
            raise_version(transaction)
    return len(ended)


def _over(transaction: Transaction, now: int) -> list[Ended]:
    return [
        Ended(workspace.id, source, key)
        for workspace in Workspaces(transaction).all()
        for keys in [WriteKeys(transaction, workspace.id)]
        for source in keys.due(now)
        for key in over(keys.records(source), now)
    ]


def _note(transaction: Transaction, ended: Ended, now: int) -> None:
    source = Sources(transaction, ended.workspace).one(ended.source)
    Trail(transaction, ended.workspace).add(
        at=now,
        type="Source Modified",
        actor=ACTOR,
        email="",
        resource=source.id,
        resource_type="SOURCE",
        resource_name=source.slug,
        what=("write_keys",),
    )
