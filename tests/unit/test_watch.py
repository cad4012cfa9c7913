from __future__ import annotations

import asyncio
import ctypes
import select
from typing import TYPE_CHECKING

import pytest

from headgate.watch import CLOSE_WRITE, CREATE, MODIFY, MOVED_TO, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "head"
    path.write_bytes(b"12345678")
    return path


@pytest.fixture
def watch(file: Path) -> Iterator[Watch]:
    watch = Watch(file, MODIFY)
    yield watch
    watch.close()


def readable(watch: Watch, seconds: float = 0.0) -> bool:
    return bool(select.select([watch], [], [], seconds)[0])


def write_in_place(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.write(b"87654321")


def test_a_quiet_file_tells_nothing(watch: Watch) -> None:
    assert not readable(watch)
    assert watch.drain() == 0


def test_a_write_in_place_is_told(watch: Watch, file: Path) -> None:
    write_in_place(file)
    assert readable(watch, 1.0)
    assert watch.drain() == MODIFY


def test_after_draining_only_a_new_write_is_told(watch: Watch, file: Path) -> None:
    for _ in range(3):
        write_in_place(file)
    watch.drain()
    assert not readable(watch)
    write_in_place(file)
    assert readable(watch, 1.0)


def test_more_changes_than_one_read_holds_are_all_drained(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for number in range(1_500):
        (tmp_path / f"a-rather-long-name-so-that-the-queue-grows-{number:06}").touch()
    assert watch.drain() == CREATE | CLOSE_WRITE
    assert not readable(watch)
    watch.close()


def test_a_file_renamed_into_a_folder_is_told(tmp_path: Path) -> None:
    (folder := tmp_path / "folder").mkdir()
    fresh = tmp_path / "fresh"
    fresh.touch()
    watch = Watch(folder, MOVED_TO)
    fresh.rename(folder / "final")
    assert watch.drain() == MOVED_TO
    watch.close()


async def test_an_event_loop_can_wait_for_it(watch: Watch, file: Path) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(watch, told.set)
    write_in_place(file)
    await asyncio.wait_for(told.wait(), 2.0)
    loop.remove_reader(watch)


def test_a_missing_path_is_an_os_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Watch(tmp_path / "nowhere")


def test_a_system_without_inotify_is_an_os_error(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    with pytest.raises(OSError, match="no inotify_init1"):
        Watch(file)


def test_a_refused_path_leaves_no_descriptor_open(tmp_path: Path) -> None:
    held = Watch(tmp_path)
    number = held.fileno()
    held.close()
    with pytest.raises(FileNotFoundError):
        Watch(tmp_path / "nowhere")
    again = Watch(tmp_path)
    assert again.fileno() == number
    again.close()


def test_closing_twice_is_closing_once(file: Path) -> None:
    watch = Watch(file)
    watch.close()
    watch.close()
