"""Dead letters in a ledger file: finding those that a filter means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from headgate.ledger.port import DeadLetter, Letter

if TYPE_CHECKING:
    from headgate.ledger.queries import LetterFilter

_FIELDS = len(DeadLetter._fields)
_LETTER = """select lane, partition, position, subscription, message_id, source, subject_hashes,
    reason, status, tries, at, record, sample, id, closed_class, closed_reason, redriven_at
    from dead_letters"""
_AT = f"{_LETTER} where lane = ? and partition = ? and position = ? order by id"
_NUMBERS = "select id from dead_letters where {conditions} order by {order} limit :limit"
_NEWEST = "at desc, lane desc, id desc"
_CONDITIONS = {
    "reason": "reason = :reason",
    "status": "status = :status",
    "subscription": "subscription = :subscription",
    "since": "at >= :since",
    "until": "at < :until",
    "message_ids": "message_id in (select value from json_each(:message_ids))",
    "is_redriven": "(redriven_at is not null) = :is_redriven",
    "before": "(at, lane, id) < (:mark_at, :mark_lane, :mark_id)",
}


def letters(connection: Any, which: LetterFilter) -> list[Letter]:
    """The letters of one file that are meant."""
    query, values = _found(which)
    rows = connection.execute(f"{_LETTER} where id in ({query}) order by {_order(which)}", values)
    return [letter(row) for row in rows]


def letters_at(connection: Any, lane: int, partition: int, position: int) -> list[Letter]:
    """Those of one event, oldest first."""
    return [letter(row) for row in connection.execute(_AT, (lane, partition, position))]


def letter(row: tuple[Any, ...]) -> Letter:
    number, *closed = row[_FIELDS:]
    return Letter(number, DeadLetter(*row[:_FIELDS]), *closed)


def _found(which: LetterFilter) -> tuple[str, dict[str, Any]]:
    """The numbers are looked up in an index that has all that is asked for, and no samples."""
    values = which._asdict()
    asked = [text for name, text in _CONDITIONS.items() if values[name] is not None]
    values["lanes"] = json.dumps(sorted(which.lanes))
    if which.message_ids is not None:
        values["message_ids"] = json.dumps(sorted(which.message_ids))
    if (mark := values.pop("before")) is not None:
        values |= {f"mark_{name}": value for name, value in mark._asdict().items()}
    conditions = ["lane in (select value from json_each(:lanes))", "id > :after", *asked]
    return _NUMBERS.format(conditions=" and ".join(conditions), order=_order(which)), values


def _order(which: LetterFilter) -> str:
    return _NEWEST if which.newest_first else "id"
