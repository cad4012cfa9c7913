"""The tables of a ledger file, as the steps that lead from each format to the next."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from headgate.ledger.driver import SqliteError
from headgate.ledger.port import LedgerUnavailable

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 2


def migrate(connection: Any, path: Path) -> None:
    """Bring a ledger to the current format; each step is one transaction, so a kill undoes it.

    Raises `LedgerUnavailable`, for a file of a newer program, too.
    """
    version = format_of(connection)
    if version > VERSION:
        raise LedgerUnavailable(
            f"{path} has format {version}; this program reads format {VERSION}:"
            " start the newer program again"
        )
    for step in range(version + 1, VERSION + 1):
        try:
            connection.executescript(
                f"begin immediate;{statements(f'{step:04}')};pragma user_version={step};commit;"
            )
        except SqliteError as error:
            connection.close()
            raise LedgerUnavailable(f"{path}: {error}; nothing of it was changed") from error


def format_of(connection: Any) -> int:
    (version,) = connection.execute("pragma user_version").fetchone()
    return int(version)


def statements(name: str) -> str:
    return resources.files(__name__).joinpath(f"{name}.sql").read_text()
