from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING

import pytest

from headgate.collect.oauth import UsedIds

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")
IDS = 200


def test_an_id_is_taken_once_also_after_a_restart(tmp_path: Path) -> None:
    assert UsedIds(tmp_path / "used").take("app", "one")
    assert not UsedIds(tmp_path / "used").take("app", "one")
    assert UsedIds(tmp_path / "used").take("app", "two")


@pytest.mark.parametrize("jti", ["../../x", "/", "\0", "é" * 5_000, " "])
def test_an_id_may_be_any_text(tmp_path: Path, jti: str) -> None:
    used = UsedIds(tmp_path / "used")
    assert [used.take("app", jti), used.take("app", jti)] == [True, False]
    assert [each.name for each in tmp_path.iterdir()] == ["used"]


def test_app_and_id_cannot_be_taken_for_one_another(tmp_path: Path) -> None:
    used = UsedIds(tmp_path / "used")
    assert used.take("a", "bc")
    assert used.take("ab", "c")


def take_all(folder: Path, together: Barrier, found: Queue[list[bool]]) -> None:
    used = UsedIds(folder)
    together.wait(20)
    found.put([used.take("app", str(number)) for number in range(IDS)])


def test_of_two_processes_that_are_given_the_same_id_one_takes_it(tmp_path: Path) -> None:
    together: Barrier = SPAWN.Barrier(2)
    found: Queue[list[bool]] = SPAWN.Queue()
    processes = [
        SPAWN.Process(target=take_all, args=(tmp_path / "used", together, found)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    first, second = (found.get(timeout=40) for _ in processes)
    for process in processes:
        process.join(10)
    assert [a + b for a, b in zip(first, second, strict=True)] == [1] * IDS


def test_what_is_too_old_to_matter_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "used"
    UsedIds(folder).take("app", "old")
    (old,) = folder.iterdir()
    os.utime(old, (old.stat().st_mtime - 299,) * 2)
    UsedIds(folder).take("app", "new")
    assert old.exists()
    os.utime(old, (old.stat().st_mtime - 2,) * 2)
    UsedIds(folder).take("app", "newer")
    assert not old.exists()
    assert len(list(folder.iterdir())) == 2
