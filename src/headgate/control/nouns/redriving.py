"""Redrives: dead letters of a connection that are sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control.nouns import lanes
from headgate.control.observing.sight import ledgers_of, target_of
from headgate.control.redrives import args_of, count

if TYPE_CHECKING:
    from headgate.control.nouns.lanes import Waits
    from headgate.control.redrives import Letters, Redriven
    from headgate.control.work import Work


def counted(work: Work, asked: Redriven) -> Letters:
    """What would be sent; `connection` is an id. Raises Missing or Refused."""
    target = target_of(work, work.connection(asked.connection))
    return count(ledgers_of(work), target, args_of(asked, target))


def redrive(work: Work, asked: Redriven) -> Waits:
    """Send them. Raises Missing, Forbidden or Refused."""
    connection = work.connection(asked.connection, "write")
    return lanes.tell(work, connection, "redrive", args_of(asked, target_of(work, connection)))
