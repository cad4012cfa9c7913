"""Files of a ledger, read while they are being made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from headgate.ledger.attempts import _begun
from headgate.ledger.files import ATTEMPTS, in_all

if TYPE_CHECKING:
    from pathlib import Path

FILES = 150


def test_a_file_that_is_just_being_made_holds_nothing_yet(tmp_path: Path) -> None:
    """A trace at the moment of the day's first attempt was told to start Headgate once."""
    over, errors, looks = threading.Event(), [], 0

    def make() -> None:
        for number in range(FILES):
            folder = tmp_path / f"{number}"
            folder.mkdir()
            _begun(folder / "attempts-0-2026-11-23.db").close()
        over.set()

    maker = threading.Thread(target=make)
    maker.start()
    while not over.is_set():
        for folder in sorted(tmp_path.iterdir())[-2:]:
            try:
                query = "select * from attempts join samples using (position)"
                assert list(in_all(folder, ATTEMPTS, query)) == []
                looks += 1
            except Exception as error:  # noqa: BLE001 - all of them are told
                errors.append(error)
    maker.join()
    assert errors == []
    assert looks > FILES
