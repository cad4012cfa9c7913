"""Numbers of small files outlive writes that fail: one half-written head stopped all delivery."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from headgate.disk import CELL, Cells, DamagedCell, SystemDisk

PATH = Path("head")


class Memory:
    """A small file whose writes, counted from 1, fail where told, with half of them written."""

    def __init__(self) -> None:
        self.content, self.writes, self.failing = bytearray(), 0, set[int]()

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self.content[offset : offset + size])

    def write(self, offset: int, data: bytes) -> None:
        self.writes += 1
        whole, half = len(data), len(data) // 2
        written = half if self.writes in self.failing else whole
        self.content.extend(bytes(max(0, offset + whole - len(self.content))))
        self.content[offset : offset + written] = data[:written]
        if written != whole:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sync(self) -> None: ...
    def close(self) -> None: ...


@pytest.mark.parametrize("index", [0, 1])
def test_a_put_that_fails_half_way_leaves_the_number_as_it_was(index: int) -> None:
    file = Memory()
    cells = Cells(file, PATH)
    cells.put(index, 7)
    for value in (8, 9):
        file.failing = {file.writes + 1}
        with pytest.raises(OSError, match="No space left"):
            cells.put(index, value)
        assert cells.get(index) == 7
    cells.put(index, 10)
    assert cells.get(index) == 10


def test_a_number_is_told_once_its_first_place_holds_it() -> None:
    file = Memory()
    cells = Cells(file, PATH)
    cells.put(0, 7)
    file.failing = {file.writes + 2}
    cells.put(0, 8)
    assert cells.get(0) == 8
    file.failing = {file.writes + 2}  # the first one mends the other place
    with pytest.raises(OSError, match="No space left"):
        cells.put(0, 9)
    assert cells.get(0) == 8


def test_numbers_are_apart_and_none_that_was_never_put_is_told() -> None:
    cells = Cells(Memory(), PATH)
    cells.put(1, 5)
    assert (cells.get(0), cells.get(1), cells.get(2)) == (0, 5, 0)


def test_control_a_number_spoilt_in_both_places_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "head"
    cells = SystemDisk().cells(path, writable=True)
    cells.put(0, 7)
    raw = bytearray(path.read_bytes())
    raw[3] ^= 1
    path.write_bytes(raw)
    assert cells.get(0) == 7
    raw[CELL + 3] ^= 1
    path.write_bytes(raw)
    with pytest.raises(DamagedCell, match="head does not match its checksum"):
        cells.get(0)
    cells.close()
