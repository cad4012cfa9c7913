"""Moving lanes between ledger files, when the number of deliver processes changes.

No commit spans two SQLite files, so a lane is copied first, with an epoch one higher than before,
and deleted where it was once the copy is on disk. Whoever finds a lane in two files takes the
one with the higher epoch: so a move that ends anywhere can be begun again, and loses and doubles
nothing.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.ledger.driver import SqliteError, open_writer
from headgate.ledger.port import LedgerUnavailable
from headgate.ledger.shard import Standing, standings
from headgate.ledger.sqlite import SqliteLedger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.folder import DataFolder

_COLUMNS = """select m.name, p.name, p.pk = 1 and lower(p.type) = 'integer'
    and (select max(pk) from pragma_table_info(m.name)) = 1
    from sqlite_master m join pragma_table_info(m.name) p
    where m.type = 'table' order by m.name, p.cid"""
_SELECT, _INSERT = 'select {} from "{}" where lane = ?', 'insert into "{}" ({}) values ({})'
_DELETE = 'delete from "{}" where lane = ?'


def move_lanes(folder: DataFolder, processes: int) -> list[int]:
    """Bring each lane into the file of the process that owns it; the lanes that moved.

    No deliver process may run. Raises `LedgerUnavailable` when the disk does not take it; what
    has been moved by then has been moved.
    """
    standing = standings(folder.root)
    if all(each.process == each.gate % processes for each in standing):
        return []
    copies: defaultdict[int, list[Standing]] = defaultdict(list)
    for each in sorted(standing):
        copies[each.lane].append(each)
    _check_epochs(copies.values())
    with ExitStack() as stack:
        files = _Files(folder, stack)
        try:
            return [lane for lane, found in copies.items() if _moved(files, found, processes)]
        except SqliteError as error:
            raise LedgerUnavailable(
                f"lanes could not be moved between the ledgers of {folder.root}: {error};"
                " nothing is lost: set that right and start again"
            ) from error


def _check_epochs(copies: Iterable[list[Standing]]) -> None:
    for *_, other, held in (found for found in copies if len(found) > 1):
        if other.epoch == held.epoch:
            raise LedgerUnavailable(
                f"lane {held.lane} is in ledger-{other.process}.db and in ledger-{held.process}.db"
                " with the same epoch, so that nobody can say which counts: move the wrong one of"
                " the files away, or restore both from one backup"
            )


def _moved(files: _Files, copies: list[Standing], processes: int) -> bool:
    """Move one lane, if it is not at home or another file still has a copy."""
    held = copies[-1]
    home = held.gate % processes
    if held.process != home:
        _copy(files[held.process], files[home], held)
    left = [each for each in copies if each.process != home]
    for each in left:
        _delete(files[each.process], each.lane)
    return bool(left)


class _Files:
    """Ledgers that are open for the time of a move; each commit to them waits for the disk."""

    def __init__(self, folder: DataFolder, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._open: dict[int, Any] = {}

    def __getitem__(self, process: int) -> Any:
        if process not in self._open:
            SqliteLedger(self._folder, process).close()  # which brings it to the current format
            file = open_writer(self._folder.ledger(process))
            self._stack.callback(file.close)
            file.execute("pragma synchronous=full")
            file.execute("pragma wal_autocheckpoint=1000")
            self._open[process] = file
        return self._open[process]


class Table(NamedTuple):
    """A table that holds rows of lanes, and its columns that move with them.

    `number` is the column that only tells the rows of one file apart: it does not move, as
    another file numbers its own.
    """

    name: str
    columns: tuple[str, ...]
    number: str | None


def tables_of_lanes(file: Any) -> list[Table]:
    """Every table that has a column `lane`, as the file itself says."""
    found: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for table, column, is_number in file.execute(_COLUMNS):
        found[table][column] = bool(is_number)
    return [_table(name, columns) for name, columns in found.items() if "lane" in columns]


def _table(name: str, columns: dict[str, bool]) -> Table:
    number = next((each for each in columns if columns[each] and each != "lane"), None)
    return Table(name, tuple(each for each in columns if each != number), number)


def _copy(source: Any, target: Any, held: Standing) -> None:
    """All of a lane in one commit, in place of what an earlier move may have left there."""
    target.execute("begin immediate")
    for table in tables_of_lanes(target):
        target.execute(_DELETE.format(table.name), (held.lane,))
        _copy_rows(source, target, table, held.lane)
    target.execute("update lanes set epoch = ? where lane = ?", (held.epoch + 1, held.lane))
    target.execute("commit")


def _copy_rows(source: Any, target: Any, table: Table, lane: int) -> None:
    listed = ", ".join(f'"{name}"' for name in table.columns)
    marks = ", ".join("?" * len(table.columns))
    order = f' order by "{table.number}"' if table.number else ""
    rows = source.execute(_SELECT.format(listed, table.name) + order, (lane,))
    target.executemany(_INSERT.format(table.name, listed, marks), rows)


def _delete(file: Any, lane: int) -> None:
    file.execute("begin immediate")
    for table in tables_of_lanes(file):
        file.execute(_DELETE.format(table.name), (lane,))
    file.execute("commit")
