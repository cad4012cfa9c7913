"""The SQLite library of the ledger: the bundled new one where it has a wheel, else Python's.

Versions before 3.51.3 can corrupt a WAL that two connections checkpoint at once; there the
writer's own connection checkpoints (data-path section 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # no wheel for this machine
    import sqlite3 as sqlite

if TYPE_CHECKING:
    from pathlib import Path

HAS_SAFE_CHECKPOINTS: bool = sqlite.sqlite_version_info >= (3, 51, 3)
SqliteError: type[Exception] = sqlite.Error
IntegrityError: type[Exception] = sqlite.IntegrityError
_READ_WAIT_MS = 5000


def is_full(error: Exception) -> bool:
    """Whether a statement failed because the disk has no room."""
    return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"


def is_damaged(error: Exception) -> bool:
    """Whether a statement failed because the bytes of the file are not what they were."""
    return getattr(error, "sqlite_errorname", "") in {"SQLITE_NOTADB", "SQLITE_CORRUPT"}


def open_writer(path: Path) -> Any:
    """A connection that commits into the WAL; transactions begin and end explicitly."""
    if not path.exists():  # opening and closing it later would drop SQLite's locks
        path.touch(mode=0o600)
    connection = sqlite.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=normal")
    connection.execute(f"pragma wal_autocheckpoint={0 if HAS_SAFE_CHECKPOINTS else 1000}")
    return connection


def open_reader(path: Path) -> Any:
    """A connection that cannot write; raises `SqliteError` where there is no file."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"pragma busy_timeout={_READ_WAIT_MS}")
    return connection
