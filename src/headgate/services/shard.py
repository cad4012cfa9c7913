"""The shard of a deliver process: taken only when nobody else can deliver the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.ledger.shard import Shard, check_placed

if TYPE_CHECKING:
    from headgate.folder import DataFolder


def own_shard(folder: DataFolder, index: int, of: int) -> Shard:
    """What deliver process `index` of `of` owns; call it with the lock of that process in hand.

    Raises `ValueError` for an index that is none, and `LedgerUnavailable` when lanes must be
    moved first.
    """
    if not 0 <= index < of:
        raise ValueError(
            f"deliver process {index} of {of} is none: --index counts from 0 to {of - 1}"
        )
    shard = Shard(index, of)
    check_placed(folder.root, shard)
    return shard
