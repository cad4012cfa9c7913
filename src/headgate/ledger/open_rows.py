"""Rows of open events as tables hold them: lists of subscriptions are JSON text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from headgate.ledger.port import OpenRow

if TYPE_CHECKING:
    from collections.abc import Sequence


def stored(row: OpenRow) -> tuple[Any, ...]:
    done, left = json.dumps(row.done_subscriptions), json.dumps(row.left)
    return (*row[:3], done, left, row.worst, row.reason)


def open_row(row: Sequence[Any]) -> OpenRow:
    lane, partition, position, done, left, worst, reason = row
    done, left = tuple(json.loads(done)), tuple(json.loads(left))
    return OpenRow(lane, partition, position, done, left, worst, reason)
