"""Finding attempts over the files of all days, newest first."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from headgate.ledger.files import ATTEMPTS, files, rows
from headgate.ledger.port import Attempt
from headgate.ledger.queries import (
    Found,
    Mark,
    mark,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headgate.ledger.queries import AttemptFilter

TRIES = """select a.n, a.partition, a.position, a.lane, a.subscription, a.n - 1, a.at, a.ms,
    a.status, a.outcome, a.reason, a.snapshot, a.batch_id, s.request, s.response,
    coalesce(s.subject_hashes, x'')
    from {rows} a left join samples s using (partition, position, lane, subscription, n)"""
"""Attempts with their samples; the number comes first."""

_FIND = """(select * from attempts where {conditions}
    order by at desc, partition desc, position desc, lane desc, subscription desc, n desc
    limit :limit)"""
_FAILED = "(outcome <> 'delivered' or status is null or status >= 300)"
"""As the index of failures says it, so that it is used."""

_CONDITIONS = {
    "lanes": "lane in (select value from json_each(:lanes))",
    "places": "(partition, position) in (select value ->> 0, value ->> 1 from json_each(:places))",
    "statuses": "status >= :low and status < :high",
    "outcome": "outcome = :outcome",
    "subscription": "subscription = :subscription",
    "since": "at >= :since",
    "until": "at < :until",
    "after": """(at, partition, position, lane, subscription, n)
        < (:at, :partition, :position, :lane, :of, :n)""",
}
_LOWEST_FAILURE = 300


def find(root: Path, which: AttemptFilter) -> Found:
    """The newest attempts that are meant; older days are asked only while there are too few."""
    query, values = _asked(which)
    found: list[tuple[int, Attempt]] = []
    for path in sorted(files(root, ATTEMPTS), key=_end, reverse=True):
        end = _end(path)
        if len(found) > which.limit and _at_least(found, which.limit) >= end:
            break
        if which.since is None or which.since < end:
            found += [(row[0], Attempt(*row[1:])) for row in rows(path, query, values)]
    return newest(found, which.limit)


def newest(found: Sequence[tuple[int, Attempt]], limit: int) -> Found:
    """The first ones of attempts that are all meant, and whether there are more."""
    ordered = sorted(found, key=lambda each: mark(*each), reverse=True)
    more = mark(*ordered[limit - 1]) if len(ordered) > limit > 0 else None
    return Found(ordered[:limit], more)


def _at_least(found: Sequence[tuple[int, Attempt]], limit: int) -> int:
    return sorted((attempt.at for _, attempt in found), reverse=True)[limit]


def _end(path: Path) -> int:
    """Every attempt of a file began before this moment: a later one goes into the next file."""
    found = ATTEMPTS.fullmatch(path.name)
    day = date.fromisoformat(found["day"] if found else "1970-01-01") + timedelta(days=1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(midnight.timestamp() * 1000)


def _asked(which: AttemptFilter) -> tuple[str, dict[str, Any]]:
    conditions, values = conditions_of(which)
    text = TRIES.format(rows=_FIND.format(conditions=conditions))
    return text, {name: values[name] for name in values if f":{name}" in text}


def conditions_of(which: AttemptFilter) -> tuple[str, dict[str, Any]]:
    """What attempts must meet, and the values for it, which name the limit, too."""
    asked = which._asdict()
    conditions = [text for name, text in _CONDITIONS.items() if asked[name] is not None]
    if _is_of_failures(which):
        conditions.append(_FAILED)
    low, high = which.statuses or (None, None)
    after = which.after or Mark(0, 0, 0, 0, "", 0)
    values = {
        **asked,
        **after._asdict(),
        "of": after.subscription,
        "subscription": which.subscription,
        "lanes": json.dumps(sorted(which.lanes or ())),
        "places": json.dumps(sorted(which.places or ())),
        "low": low,
        "high": high,
        "limit": which.limit + 1,
    }
    return " and ".join(conditions) or "true", values


def _is_of_failures(which: AttemptFilter) -> bool:
    """Whether everything that is meant stands in the index of failures."""
    low = which.statuses[0] if which.statuses else 0
    return low >= _LOWEST_FAILURE or which.outcome not in (None, "delivered")
