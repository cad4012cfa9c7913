from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from headgate.ages import Ages
from headgate.folder import DataFolder
from headgate.ledger import schema
from headgate.ledger.driver import open_reader, open_writer
from headgate.ledger.port import (
    LETTER_BYTES,
    LedgerUnavailable,
)
from headgate.ledger.queries import LetterFilter
from headgate.ledger.reader import FolderLedgers
from headgate.ledger.schema import format_of, migrate, statements
from headgate.ledger.sqlite import SqliteLedger
from tests.contracts.ledgers import DAY, NOON, Image, image, letter, opened, place

if TYPE_CHECKING:
    from pathlib import Path

WAL_HEADER, FRAME = 32, 24 + 4096
ALL = LetterFilter(frozenset({1}))


def first_format(folder: DataFolder) -> Any:
    """A ledger as version 1 left it: event 5 closed by two letters, event 6 open with one."""
    connection = open_writer(folder.ledger(0))
    connection.executescript(f"begin;{statements('0001')};pragma user_version=1;commit")
    connection.execute("insert into lanes values (1,1,'ws',1,7,'live','','running','',1)")
    connection.execute("insert into places values (?,?,?,?,?,?,?,?)", place())
    connection.execute("insert into tallies values (1,'dead_lettered','http_400',1)")
    connection.execute('insert into open values (1,0,6,\'["a"]\',\'["b","c"]\',?,?)', opened()[5:])
    connection.execute("insert into commands values ('cmd_1',1,5,'{}')")
    letters = (letter(), letter(subscription="b")._replace(reason="http_404"), letter(6))
    columns = ", ".join(letter()._fields)
    marks = ",".join("?" * len(letter()))
    connection.executemany(
        f"insert into dead_letters ({columns}) values ({marks})",  # noqa: S608
        letters,
    )
    return connection


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "old").make()


def opened_now(folder: DataFolder) -> tuple[Image, list[tuple[str, str]]]:
    ledger = SqliteLedger(folder)
    try:
        closed = [row[2:4] for row in ledger.letters(ALL)]
        return image(ledger, FolderLedgers(folder.root)), closed
    finally:
        ledger.close()


def check(folder: DataFolder) -> None:
    found, closed = opened_now(folder)
    assert closed == [("dead_lettered", "http_400"), ("dead_lettered", "http_400"), ("", "")]
    assert found.held.places == [place()]
    assert [row.position for row in found.held.opened] == [6]
    assert found.accounts[0].tallies == [("dead_lettered", "http_400", 1)]
    assert found.commands == {"cmd_1"}


def test_a_ledger_of_the_first_format_keeps_its_data(folder: DataFolder) -> None:
    first_format(folder).close()
    for _ in range(2):
        check(folder)
    with closing(open_reader(folder.ledger(0))) as connection:
        assert format_of(connection) == schema.VERSION
        (weight,) = connection.execute("select n from letter_bytes").fetchone()
    assert weight == 3 * (LETTER_BYTES + len(b"sample"))


def test_letters_of_the_first_format_expire_like_others(folder: DataFolder) -> None:
    first_format(folder).close()
    ledger = SqliteLedger(folder)
    assert ledger.sweep(NOON + 31 * DAY, Ages())
    (account,) = FolderLedgers(folder.root).accounts()
    assert account.tallies == [("discarded", "letter_expired", 1)]
    assert [row.letter.position for row in ledger.letters(ALL)] == [6]
    ledger.close()


def test_what_a_file_of_the_first_format_lacks_is_told_with_the_cure(folder: DataFolder) -> None:
    first_format(folder).close()
    reader = FolderLedgers(folder.root)
    assert [account.lane.lane for account in reader.accounts()] == [1]
    with pytest.raises(LedgerUnavailable, match="start Headgate once"):
        reader.letters(ALL)


def test_a_step_that_fails_leaves_the_format_before_it(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_format(folder).close()
    whole = schema.statements
    with monkeypatch.context() as broken:
        broken.setattr(schema, "statements", lambda name: f"{whole(name)} select no_such_column;")
        for _ in range(2):
            with pytest.raises(LedgerUnavailable, match="no such column"):
                SqliteLedger(folder)
            with closing(open_reader(folder.ledger(0))) as connection:
                assert format_of(connection) == 1
    check(folder)


def test_a_migration_that_is_killed_anywhere_is_made_at_the_next_start(
    folder: DataFolder, tmp_path: Path
) -> None:
    """Power loss leaves any prefix of what was written: either format, and never half of one."""
    connection = first_format(folder)
    connection.execute("pragma wal_checkpoint(truncate)")
    migrate(connection, folder.ledger(0))
    path = folder.ledger(0)
    wal = path.with_name(f"{path.name}-wal").read_bytes()
    before = set()
    for number, size in enumerate(range(0, len(wal) + 1, FRAME // 2)):
        copy = DataFolder(tmp_path / f"cut-{number}").make()
        shutil.copyfile(path, copy.ledger(0))
        copy.ledger(0).with_name(f"{path.name}-wal").write_bytes(wal[:size])
        with closing(open_reader(copy.ledger(0))) as reader:
            before.add(format_of(reader))
        check(copy)
    whole = DataFolder(tmp_path / "whole").make()
    shutil.copyfile(path, whole.ledger(0))
    whole.ledger(0).with_name(f"{path.name}-wal").write_bytes(wal)
    with closing(open_reader(whole.ledger(0))) as reader:
        before.add(format_of(reader))
    check(whole)
    connection.close()
    assert before == {1, schema.VERSION}
