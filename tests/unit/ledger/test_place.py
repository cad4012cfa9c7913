from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from headgate.folder import DataFolder
from headgate.ledger.place import schema_of
from headgate.ledger.port import LedgerUnavailable
from headgate.ledger.sqlite import SqliteLedger

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path).make()


def test_without_a_database_the_ledger_is_in_files(folder: DataFolder) -> None:
    assert schema_of(folder, has_database=False) is None
    assert not folder.ledger_schema.exists()


def test_a_folder_keeps_the_schema_that_it_began_with(folder: DataFolder) -> None:
    schema = schema_of(folder, has_database=True)
    assert schema is not None
    assert schema.isidentifier()
    assert schema_of(DataFolder(folder.root), has_database=True) == schema


def test_two_folders_have_two_schemas(folder: DataFolder, tmp_path: Path) -> None:
    other = DataFolder(tmp_path / "other").make()
    assert schema_of(other, has_database=True) != schema_of(folder, has_database=True)


def test_a_folder_that_began_with_files_keeps_them(folder: DataFolder) -> None:
    """Another ledger would begin where the connections did, and deliver everything again."""
    SqliteLedger(folder).close()
    assert schema_of(folder, has_database=True) is None
    assert not folder.ledger_schema.exists()


def test_a_ledger_in_a_database_that_nobody_names_is_missed(folder: DataFolder) -> None:
    schema_of(folder, has_database=True)
    with pytest.raises(LedgerUnavailable, match="HEADGATE_STORE names no database"):
        schema_of(folder, has_database=False)


def test_who_begin_at_once_agree(folder: DataFolder) -> None:
    found: list[str | None] = []
    together = threading.Barrier(4)

    def begin() -> None:
        together.wait()
        found.append(schema_of(folder, has_database=True))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert [path.name for path in folder.root.glob(".ledger*")] == []
