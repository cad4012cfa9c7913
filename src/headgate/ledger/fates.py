"""What became of one event, lane by lane: everything that a ledger file has of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.ledger.letters import letters_at
from headgate.ledger.open_rows import open_row
from headgate.ledger.port import LaneRow, ParkedRow, PlaceRow, Switch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.ledger.port import Letter, OpenRow

_LANES = """select lanes.*, places.* from lanes
    left join places on places.lane = lanes.lane and places.partition = :partition
    where lanes.source = :source and (places.lane is null
        or (places.start <= :position and (places.stop is null or :position < places.stop)))
    order by lanes.lane"""
_SWITCH = """select * from lane_snapshots where lane = ? and partition = ? and from_position <= ?
    order by from_position desc limit 1"""
_OPEN = "select * from open where lane = ? and partition = ? and position = ?"
_PARKED = """select * from parked where lane = ? and partition = ? and position = ?
    order by subscription"""
_BEHIND = """select max(position) from parked where lane = ? and partition = ? and position < ?
    and order_key = ?"""
_TALLIES = "select class, reason, n from tallies where lane = ? and n <> 0 order by class, reason"
_OF_LANE = len(LaneRow._fields)


class Fate(NamedTuple):
    """What a lane has on record of one event, and of itself, in one consistent view.

    `switch` is what the lane decided by at that place, `tallies` are all of the lane's. `place` is
    None for a lane that has none. `behind` is the latest event of the same user before this one
    that waits for its next attempt; it is looked for where the lane has not passed the event.
    """

    lane: LaneRow
    place: PlaceRow | None
    switch: Switch | None
    opened: OpenRow | None
    parked: Sequence[ParkedRow]
    letters: Sequence[Letter]
    tallies: Sequence[tuple[str, str, int]]
    behind: int | None = None


def fates(connection: Any, source: int, partition: int, position: int, key: str) -> list[Fate]:
    """Those of all lanes in one file; the caller began the transaction."""
    values = {"source": source, "partition": partition, "position": position}
    lanes = connection.execute(_LANES, values).fetchall()
    return [_fate(connection, row, (row[0], partition, position), key) for row in lanes]


def _fate(connection: Any, row: Sequence[Any], at: tuple[int, int, int], key: str) -> Fate:
    rows = connection.execute
    switch, opened = rows(_SWITCH, at).fetchone(), rows(_OPEN, at).fetchone()
    place = None if row[_OF_LANE] is None else PlaceRow(*row[_OF_LANE:])
    return Fate(
        LaneRow(*row[:_OF_LANE]),
        place,
        None if switch is None else Switch(*switch),
        None if opened is None else open_row(opened),
        [ParkedRow(*each) for each in rows(_PARKED, at)],
        letters_at(connection, *at),
        rows(_TALLIES, at[:1]).fetchall(),
        rows(_BEHIND, (*at, key)).fetchone()[0] if key and is_before(place, at[-1]) else None,
    )


def is_before(place: PlaceRow | None, position: int) -> bool:
    """Whether a lane may have an event still before it."""
    return place is not None and place.cursor <= position
