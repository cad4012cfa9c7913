"""What a tick changes, as statements that take all rows of a table at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.ledger.open_rows import stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from headgate.ledger.port import ParkedRow, Tick

    Rows = Sequence[Sequence[Any]]

_TYPES = {"b": "bigint", "i": "integer", "t": "text", "y": "bytea"}
_COUNTS = "n le_10 le_30 le_100 le_300 le_1000 le_3000 le_10000 slower"
_PLACE = "lane partition position"
_PUT = """insert into {table} ({names}) select * from {rows}
    on conflict ({key}) do update set {sets}"""
_DELETE = "delete from {table} using {rows} as gone ({names}) where {met}"


class Statement(NamedTuple):
    """`types` are those of the columns of `rows_of`, as letters of `_TYPES`."""

    text: str
    types: str
    rows_of: Callable[[Tick], Rows]

    @property
    def query(self) -> bytes:
        columns = ", ".join(f"%s::{_TYPES[each]}[]" for each in self.types)
        return self.text.replace("{rows}", f"unnest({columns})").encode()


def columns_of(rows: Rows) -> list[list[Any]]:
    """Rows as the arrays that a statement takes."""
    return [list(column) for column in zip(*rows, strict=True)]


def _put(table: str, columns: str, key: int, changed: str) -> str:
    """Insert rows; those whose first `key` columns are there get what is `changed`."""
    names = [f'"{name}"' for name in columns.split()]
    sets = ", ".join(
        f'"{name}" = excluded."{name}"' if "=" not in name else name.replace("=", " = ")
        for name in changed.split()
    )
    return _PUT.format(
        table=table,
        names=", ".join(names),
        key=", ".join(names[:key]),
        sets=sets,
        rows="{rows}",
    )


def _add(table: str, columns: str, counts: str) -> str:
    """Insert rows; counts are added to those of the row that is there."""
    names = f"{columns} {counts}"
    sums = " ".join(f"{name}={table}.{name}+excluded.{name}" for name in counts.split())
    return _put(table, names, len(columns.split()), sums)


def _delete(table: str, key: str) -> str:
    names = key.split()
    met = " and ".join(f"{table}.{name} = gone.{name}" for name in names)
    return _DELETE.format(table=table, rows="{rows}", names=", ".join(names), met=met)


def _last(rows: Iterable[Any], key: int) -> list[Any]:
    """Of rows with the same first columns the last: a statement changes no row twice."""
    return [*{row[:key]: row for row in rows}.values()]


def _parked(tick: Tick) -> list[ParkedRow]:
    """What is parked twice keeps its record."""
    found: dict[tuple[Any, ...], ParkedRow] = {}
    for row in tick.parked:
        before = found.get(row[:4])
        if before is not None and row.record is None:
            row = row._replace(record=before.record)  # noqa: PLW2901 - the same row with its record
        found[row[:4]] = row
    return [*found.values()]


_RECORD = """update {table} set record = kept.record
    from {rows} as kept (record, lane, partition, position)
    where {table}.lane = kept.lane and {table}.partition = kept.partition
    and {table}.position = kept.position and {table}.record is null"""
_DEAD = """insert into dead_letters (lane, partition, position, subscription, message_id, source,
    subject_hashes, reason, status, tries, at, record, sample)
    select dead.lane, dead.partition, dead.position, dead.subscription, dead.message_id,
    dead.source, dead.subject_hashes, dead.reason, dead.status, dead.tries, dead.at,
    coalesce(dead.record, parked.record), dead.sample
    from {rows} with ordinality as dead (lane, partition, position, subscription, message_id,
        source, subject_hashes, reason, status, tries, at, record, sample, turn)
    left join parked using (lane, partition, position, subscription) order by dead.turn"""

STATEMENTS = (
    Statement(
        _put(
            "lanes",
            "lane gate workspace connection source kind replay_id state reason epoch",
            1,
            "state reason epoch",
        ),
        "bbtbbttttb",
        lambda tick: _last(tick.lanes, 1),
    ),
    Statement(
        _put(
            "places",
            "lane partition start base stop cursor done floor_ack",
            2,
            "stop cursor done floor_ack",
        ),
        "bibbbbyb",
        lambda tick: _last(tick.places, 2),
    ),
    Statement(
        _put(
            "lane_snapshots",
            "lane partition from_position snapshot code_version",
            3,
            "snapshot code_version",
        ),
        "bibbt",
        lambda tick: _last(tick.switches, 3),
    ),
    Statement(
        _add("tallies", "lane class reason", "n"),
        "bttb",
        lambda tick: [(*key, n) for key, n in tick.tallies.items()],
    ),
    Statement(
        _put(
            "open",
            f"{_PLACE} done_subscriptions left worst reason",
            3,
            "done_subscriptions left worst reason",
        ),
        "bibtttt",
        lambda tick: [stored(row) for row in _last(tick.opened, 3)],
    ),
    Statement(_delete("open", _PLACE), "bib", lambda tick: tick.closed),
    Statement(
        _put(
            "parked",
            f"{_PLACE} subscription order_key due_at first_at tries last_status reason record",
            4,
            "order_key due_at first_at tries last_status reason"
            " record=coalesce(excluded.record,parked.record)",
        ),
        "bibttbbiity",
        _parked,
    ),
    Statement(_DEAD, "bibttbytiibyy", lambda tick: tick.dead),
    Statement(
        """update dead_letters set redriven_at = again.at from {rows} as again (id, at)
        where dead_letters.id = again.id""",
        "bb",
        lambda tick: _last(tick.redriven, 1),
    ),
    Statement(
        """update dead_letters set closed_class = closing.class, closed_reason = closing.reason
        from {rows} as closing (lane, partition, position, class, reason)
        where dead_letters.lane = closing.lane and dead_letters.partition = closing.partition
        and dead_letters.position = closing.position""",
        "bibtt",
        lambda tick: _last(tick.closings, 3),
    ),
    Statement(_delete("parked", f"{_PLACE} subscription"), "bibt", lambda tick: tick.unparked),
    Statement(_RECORD.replace("{table}", "parked"), "ybib", lambda tick: tick.records),
    Statement(_RECORD.replace("{table}", "dead_letters"), "ybib", lambda tick: tick.records),
    Statement(
        _put("commands", "id lane done_at result", 1, "lane done_at result"),
        "tbbt",
        lambda tick: _last(tick.commands, 1),
    ),
    Statement(
        _add("series", "lane minute class reason event_type event_name", _COUNTS),
        "bbtttt" + "i" * 9,
        lambda tick: [(*key, sum(counts), *counts) for key, counts in tick.series.items()],
    ),
)
"""In the order in which they take effect; each is left out where a tick has no rows for it."""

QUERIES = tuple((statement.query, statement.rows_of) for statement in STATEMENTS)


def changes(tick: Tick) -> list[tuple[bytes, list[list[Any]]]]:
    """The statements of a tick with their arrays."""
    found = ((query, rows_of(tick)) for query, rows_of in QUERIES)
    return [(query, columns_of(rows)) for query, rows in found if rows]
