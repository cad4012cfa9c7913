"""The ledger files of a data folder, and reading them all."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from headgate.ledger.driver import SqliteError, open_reader
from headgate.ledger.port import LedgerUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEDGERS: Final = re.compile(r"ledger-(?P<process>\d+)\.db")
ATTEMPTS: Final = re.compile(r"attempts-(?P<process>\d+)-(?P<day>\d{4}-\d\d-\d\d)\.db")
_IS_BEGUN = "select 1 from sqlite_master limit 1"


def files(root: Path, pattern: re.Pattern[str]) -> list[Path]:
    """The files of one kind, of all deliver processes."""
    return sorted(path for path in root.iterdir() if pattern.fullmatch(path.name))


def in_all(root: Path, pattern: re.Pattern[str], query: str, values: Any = ()) -> Iterator[Any]:
    """The rows that a query finds in every file of a kind; raises `LedgerUnavailable`."""
    for path in files(root, pattern):
        yield from rows(path, query, values)


def rows(path: Path, query: str, values: Any = ()) -> list[Any]:
    """The rows that a query finds in one file; raises `LedgerUnavailable`.

    A file that another process has just made has no tables yet. They come all at once, and both
    looks are at one moment: so they never come between.
    """
    with reading(path) as connection:
        connection.execute("begin")
        is_begun = connection.execute(_IS_BEGUN).fetchone() is not None
        found: list[Any] = connection.execute(query, values).fetchall() if is_begun else []
    return found


@contextmanager
def reading(path: Path) -> Iterator[Any]:
    """A file that is open to be read; whatever is wrong with it raises `LedgerUnavailable`."""
    try:
        with closing(open_reader(path)) as connection:
            yield connection
    except SqliteError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> LedgerUnavailable:
    """What to do about a file that cannot be asked."""
    cure = (
        "it was written by an earlier program: start Headgate once, which brings it up to date"
        if str(error).startswith("no such")
        else "restore it from a backup"
    )
    return LedgerUnavailable(f"{path}: {error}; {cure}")
