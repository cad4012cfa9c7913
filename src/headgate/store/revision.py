"""Counters of the whole store: the snapshot version, and the numbers that are used up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, select, update

from headgate.store.postgresql_notices import CHANNEL
from headgate.store.tables import numbers, revision

if TYPE_CHECKING:
    from headgate.store.database import Transaction


def version(transaction: Transaction) -> int:
    """The snapshot version of what is committed; 1 for a store that holds nothing yet."""
    return int(transaction.connection.execute(select(revision.c.version)).scalar_one())


def raise_version(transaction: Transaction, *, above: int = 0) -> int:
    """The next version, which is also above `above`; in force when the transaction commits.

    A server then tells it to all who listen, on other machines, too.
    """
    raised = max(version(transaction), above) + 1
    transaction.connection.execute(update(revision).values(version=raised))
    if transaction.connection.dialect.name == "postgresql":
        transaction.connection.execute(select(func.pg_notify(CHANNEL, str(raised))))
    return raised


Numbered = Literal["source", "connection", "command", "warehouse", "regulation"]


def next_number(transaction: Transaction, noun: Numbered) -> int:
    """A number from 1 up that no other of that noun, in any workspace, ever had."""
    mine = numbers.c.noun == noun
    taken = update(numbers).where(mine).values(last=numbers.c.last + 1)
    transaction.connection.execute(taken)
    return int(transaction.connection.execute(select(numbers.c.last).where(mine)).scalar_one())
