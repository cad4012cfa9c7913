"""Sending dead letters again: which ones, and how many that would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate.control.errors import Refused
from headgate.control.replays import check_rate
from headgate.ledger.queries import LetterFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.control.commands import Target
    from headgate.ledger.port import LedgerReader

MOST_MESSAGES = 1_000
"""Messages that one command names: every snapshot carries it."""
STATUSES = range(100, 600)


class Redriven(NamedTuple):
    """Dead letters as a person asks for them: those that meet everything that is given.

    `subscription` is a name or an id; times are when a letter was given up, in milliseconds since
    1970, `until` exclusive; `rate` is deliveries a second.
    """

    connection: str
    reason: str | None = None
    status: int | None = None
    subscription: str | None = None
    since: int | None = None
    until: int | None = None
    message_ids: Sequence[str] = ()
    rate: float | None = None


class Letters(msgspec.Struct, frozen=True):
    """`headgate redrive … --dry-run --json`: what would be sent again."""

    deliveries: int
    events: int


def args_of(asked: Redriven, target: Target) -> dict[str, Any]:
    """The arguments of the command (see `headgate.store.snapshot.Command`); raises Refused."""
    check_rate(asked.rate)
    if asked.status is not None and asked.status not in STATUSES:
        raise Refused(f"{asked.status} is no status of HTTP: give one from 100 to 599")
    if len(asked.message_ids) > MOST_MESSAGES:
        raise Refused(
            f"{len(asked.message_ids)} messages are more than one command takes:"
            f" give {MOST_MESSAGES} at a time, or a span of time"
        )
    return {
        "reason": asked.reason,
        "status": asked.status,
        "subscription": asked.subscription and _id_of(asked.subscription, target),
        "since": asked.since,
        "until": asked.until,
        "message_ids": list(asked.message_ids) or None,
        "rate": asked.rate,
    }


def _id_of(subscription: str, target: Target) -> str:
    there = target.connection.subscriptions
    found = [each.id for each in there if subscription in (each.id, each.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"{len(found)} subscriptions are named {subscription}: give an id of {found}")
    names = ", ".join(each.name for each in there) or "none"
    raise Refused(f"{target.connection.slug} has no subscription {subscription}; there is {names}")


def count(ledgers: LedgerReader, target: Target, args: dict[str, Any]) -> Letters:
    """The letters that a redrive with these arguments would send now.

    What another lane, a replay, has delivered meanwhile is not sent again; what it gave up, too,
    is sent once.
    """
    lanes = frozenset(
        each.lane.lane
        for each in ledgers.accounts()
        if each.lane.connection == target.connection.number
    )
    which = LetterFilter(
        lanes,
        reason=args["reason"],
        status=args["status"],
        subscription=args["subscription"],
        since=args["since"],
        until=args["until"],
        message_ids=args["message_ids"] and frozenset(args["message_ids"]),
        is_redriven=False,
    )
    deliveries: set[tuple[int, str]] = set()
    while letters := ledgers.letters(which):
        places = [each.letter.position for each in letters]
        done = ledgers.delivered(lanes, 0, min(places), max(places) + 1)
        deliveries |= {(each.letter.position, each.letter.subscription) for each in letters} - done
        which = which._replace(after=letters[-1].id)
    return Letters(len(deliveries), len({position for position, _ in deliveries}))
