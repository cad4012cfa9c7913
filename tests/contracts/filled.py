"""Ledger files with rows in every table that their schema has, and what all of them hold."""

from __future__ import annotations

import itertools
from contextlib import closing
from typing import TYPE_CHECKING, Any

from headgate.ledger.driver import open_reader, open_writer
from headgate.ledger.reader import FolderLedgers
from headgate.ledger.shard import holders, ledger_files, standings
from headgate.ledger.sqlite import SqliteLedger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from headgate.folder import DataFolder

Held = dict[int, dict[str, list[dict[str, Any]]]]
"""Lane -> table -> its rows, as dictionaries."""

REPLAY = (1 << 32) + 5
LANES = {1: 1, 2: 2, 3: 3, 4: 4, 7: 7, REPLAY: 3}
"""Lane -> gate; a replay goes through the gate of its connection."""
_WEIGHT = "select n from letter_bytes"
_WEIGHED = """select coalesce(sum(256 + length(record) + length(sample)), 0) from dead_letters"""
ROWS = 3
"""Of each lane in each table, where its key allows more than one."""


def fill(folder: DataFolder) -> None:
    """Write rows of every lane into every table, into the file of process 0."""
    SqliteLedger(folder).close()
    numbers = itertools.count(1)
    with closing(open_writer(folder.ledger(0))) as file:
        for table, columns in of_lanes(file).items():
            for lane, _ in itertools.product(LANES, range(1 if table == "lanes" else ROWS)):
                row = {name: _value(kind, next(numbers)) for name, kind in columns.items()}
                row |= {"lane": lane, "gate": LANES[lane]} if table == "lanes" else {"lane": lane}
                file.execute(
                    f"insert into {table} values ({', '.join('?' * len(row))})",  # noqa: S608
                    list(row.values()),
                )


def schema(file: Any) -> dict[str, dict[str, str]]:
    """Every table of a ledger: its columns, and of what type each is."""
    tables = [name for (name,) in file.execute("select name from sqlite_master where type='table'")]
    return {
        table: {row[1]: row[2].lower() for row in file.execute(f"pragma table_info({table})")}
        for table in tables
    }


def of_lanes(file: Any) -> dict[str, dict[str, str]]:
    """The tables whose rows belong to lanes."""
    return {table: columns for table, columns in schema(file).items() if "lane" in columns}


def _value(kind: str, number: int) -> object:
    values: dict[str, object] = {
        "integer": number,
        "text": f"text {number}",
        "blob": b"%d" % number,
        "real": float(number),
    }
    return values[kind]


def held(root: Path) -> Held:
    """What counts of each lane, as the files that hold them have it."""
    found = holders(standings(root))
    files = ledger_files(root)
    return {
        lane: dict(sorted(_rows(files[each.process], lane))) for lane, each in sorted(found.items())
    }


def _rows(path: Path, lane: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    with closing(open_reader(path)) as file:
        for table, columns in of_lanes(file).items():
            query = f"select * from {table} where lane = ?"  # noqa: S608
            rows = [dict(zip(columns, row, strict=True)) for row in file.execute(query, (lane,))]
            yield table, sorted((_lasting(table, row) for row in rows), key=str)


def _lasting(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row without what a move changes: its number in the file, and the epoch of its lane."""
    passing = {"lanes": "epoch", "dead_letters": "id"}.get(table)
    return {name: value for name, value in row.items() if name != passing}


def check_moved(root: Path, before: Held, processes: int) -> None:
    """Every lane is with the process that owns it, and nothing of it elsewhere."""
    assert held(root) == before
    assert strays(root, processes) == []
    for path in ledger_files(root).values():
        with closing(open_reader(path)) as file:
            assert file.execute(_WEIGHT).fetchone() == file.execute(_WEIGHED).fetchone(), path


def check_counts_once(root: Path, before: Held) -> None:
    """Whoever reads sees each lane, once and whole, wherever a move has come to."""
    assert held(root) == before
    reader = FolderLedgers(root)
    tallied = [(each.lane.lane, len(each.tallies)) for each in reader.accounts()]
    assert sorted(tallied) == [(lane, ROWS) for lane in sorted(LANES)]
    for lane in LANES:
        assert len(reader.switches(lane)) == ROWS


def strays(root: Path, processes: int) -> list[str]:
    """Rows in files where their lane has no business."""
    return [
        f"{table} of lane {lane} in {path.name}"
        for process, path in ledger_files(root).items()
        for table, lane in _lanes_in(path)
        if LANES[lane] % processes != process
    ]


def _lanes_in(path: Path) -> Iterable[tuple[str, int]]:
    with closing(open_reader(path)) as file:
        for table in of_lanes(file):
            query = f"select distinct lane from {table}"  # noqa: S608
            yield from ((table, lane) for (lane,) in file.execute(query).fetchall())
