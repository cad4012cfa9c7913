"""Processes that share a role's work must all have been told how many they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from headgate.presence import AlreadyRunning, RoleLock

if TYPE_CHECKING:
    from pathlib import Path


def test_processes_that_were_told_the_same_number_run_side_by_side(tmp_path: Path) -> None:
    locks = [RoleLock(tmp_path, "deliver", index, 3) for index in range(3)]
    for lock in locks:
        lock.release()


def test_another_number_is_refused_while_one_runs_that_was_told_less_or_more(
    tmp_path: Path,
) -> None:
    first = RoleLock(tmp_path, "deliver", 0, 3)
    for of in (2, 4):
        with pytest.raises(AlreadyRunning, match=r"deliver-0 runs on .* as one of 3"):
            RoleLock(tmp_path, "deliver", 1, of)
    second = RoleLock(tmp_path, "deliver", 1, 3)
    first.release()
    second.release()
    RoleLock(tmp_path, "deliver", 1, 2).release()


def test_a_refused_process_holds_nothing(tmp_path: Path) -> None:
    first = RoleLock(tmp_path, "deliver", 0, 3)
    with pytest.raises(AlreadyRunning):
        RoleLock(tmp_path, "deliver", 1, 2)
    RoleLock(tmp_path, "deliver", 1, 3).release()
    with pytest.raises(AlreadyRunning, match="already runs"):
        RoleLock(tmp_path, "deliver", 0, 3)
    first.release()


def test_what_ended_processes_were_told_binds_nobody(tmp_path: Path) -> None:
    """All begin at once, after an earlier start with another number."""
    for of in (3, 8, 2):
        with ThreadPoolExecutor(of) as pool:
            begun = [pool.submit(RoleLock, tmp_path, "deliver", index, of) for index in range(of)]
        for each in begun:
            each.result().release()


def test_a_role_whose_work_is_not_shared_out_tells_no_number(tmp_path: Path) -> None:
    locks = [RoleLock(tmp_path, "collect", index) for index in range(2)]
    assert not (tmp_path / "collect.turn").exists()
    for lock in locks:
        lock.release()
