"""Which store a data folder belongs to: numbers that another one gives would mix its events."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from headgate.store.errors import StoreElsewhere

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.folder import DataFolder


def check_belongs(folder: DataFolder, address: str | None) -> None:
    """Raises StoreElsewhere unless the folder is new, or belongs to the store at `address`.

    `address` is without a password; None is the file in the folder.
    """
    note = note_path(folder)
    noted = note.read_text(encoding="utf-8").strip() if note.exists() else None
    if address is not None and noted is None and folder.store.exists():
        raise StoreElsewhere(
            f"{folder.root} is configured in its own file {folder.store.name}, and HEADGATE_STORE"
            f" names {address}: unset it, or begin with another data folder"
        )
    if noted is not None and noted != address:
        raise StoreElsewhere(
            f"{folder.root} is configured in {noted}, and HEADGATE_STORE names"
            f" {address or 'no database'}: set it to that, or, if it is the same database under"
            f" another name, remove {note}"
        )


def note_belongs(folder: DataFolder, address: str | None) -> None:
    """Remember a store that is not in the folder itself.

    Who reads the note meanwhile finds it whole or not at all; of two who begin at once the first
    is right.
    """
    note = note_path(folder)
    if address is None or note.exists():
        return
    fresh = note.with_name(f".{note.name}.{secrets.token_hex(8)}")
    fresh.write_text(f"{address}\n", encoding="utf-8")
    try:
        note.hardlink_to(fresh)
    except FileExistsError:
        check_belongs(folder, address)
    finally:
        fresh.unlink()


def note_path(folder: DataFolder) -> Path:
    return folder.root / "store.address"
