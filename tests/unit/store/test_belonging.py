"""A folder's note of its store, while several processes begin at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from headgate.folder import DataFolder
from headgate.store.belonging import check_belongs, note_belongs, note_path
from headgate.store.errors import StoreElsewhere

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "postgresql://database/" + "a" * 60_000
"""Long, so that it takes a while to write."""


def test_nobody_reads_half_a_note(tmp_path: Path) -> None:
    """A process that began while another wrote its note was told that the folder is another's."""

    def begin(folder: DataFolder) -> None:
        check_belongs(folder, ADDRESS)
        note_belongs(folder, ADDRESS)

    folders = [DataFolder(tmp_path / f"{number}").make() for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, [folder for folder in folders for _ in range(8)]))
    for folder in folders:
        assert [path.name for path in folder.root.glob("*store*")] == [note_path(folder).name]


def test_of_two_stores_that_begin_at_once_one_is_refused(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path).make()

    def begin(number: int) -> bool:
        try:
            note_belongs(folder, f"postgresql://database/{number}")
            check_belongs(folder, f"postgresql://database/{number}")
        except StoreElsewhere:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(begin, range(8))).count(True) == 1


def test_a_note_of_another_store_is_refused(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path).make()
    note_belongs(folder, ADDRESS)
    with pytest.raises(StoreElsewhere):
        check_belongs(folder, "postgresql://database/other")
