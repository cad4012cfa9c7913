from __future__ import annotations

from threading import Timer
from typing import TYPE_CHECKING

from headgate.cli.destination.changes import changes

if TYPE_CHECKING:
    from pathlib import Path

TICK = 0.01


def test_an_edit_a_new_file_and_one_that_has_gone_are_told(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    first, second = tmp_path / "a.py", tmp_path / "inner" / "b.py"
    first.write_text("x = 1\n")
    told = changes([tmp_path], every=TICK)
    for edit in (
        lambda: first.write_text("x = 22\n"),
        lambda: second.write_text(""),
        second.unlink,
    ):
        soon = Timer(5 * TICK, edit)
        soon.start()
        assert next(told) is None
        soon.join()


def test_what_it_writes_itself_is_no_change(tmp_path: Path) -> None:
    own, other = tmp_path / "types.py", tmp_path / "other.py"
    told = changes([tmp_path], besides=own, every=TICK)
    edits = [Timer(5 * TICK, own.write_text, ["1"]), Timer(20 * TICK, other.write_text, ["2"])]
    for edit in edits:
        edit.start()
    next(told)
    assert other.exists()
    for edit in edits:
        edit.join()
