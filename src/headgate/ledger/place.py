"""Where the ledger of a data folder is: in files of the folder, or in a schema of a database."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from headgate.ledger.files import LEDGERS, files
from headgate.ledger.port import LedgerUnavailable

if TYPE_CHECKING:
    from headgate.folder import DataFolder

_PREFIX = "headgate_ledger_"


def schema_of(folder: DataFolder, *, has_database: bool) -> str | None:
    """The schema that is the folder's ledger; None where files are.

    A folder that has begun with files keeps them, as both count the same events. Each folder has
    a schema of its own, as positions in its log mean nothing to another. Raises
    `LedgerUnavailable` where the ledger is in a database and none is named.
    """
    note = folder.ledger_schema
    noted = note.read_text(encoding="utf-8").strip() if note.exists() else None
    if noted is not None and not has_database:
        raise LedgerUnavailable(
            f"the ledger of {folder.root} is in PostgreSQL, and HEADGATE_STORE names no database:"
            " set it as it was"
        )
    if noted is None and has_database and not files(folder.root, LEDGERS):
        return _begin(folder)
    return noted


def _begin(folder: DataFolder) -> str:
    """Of several that begin at once the first one's name counts, and is read whole."""
    note = folder.ledger_schema
    fresh = note.with_name(f".{note.name}.{secrets.token_hex(8)}")
    fresh.write_text(f"{_PREFIX}{secrets.token_hex(8)}\n", encoding="utf-8")
    try:
        note.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return note.read_text(encoding="utf-8").strip()
