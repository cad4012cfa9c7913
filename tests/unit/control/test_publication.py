from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from headgate.control.publication import wait_in_force
from headgate.presence import Presence, RoleLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RoleLock]]:
    """Start a role that reports a version."""
    running: list[RoleLock] = []

    def starting(role: str, version: int, index: int = 0) -> RoleLock:
        lock = RoleLock(tmp_path, role, index)
        running.append(lock)
        report(lock, version)
        return lock

    yield starting
    for lock in running:
        lock.release()


def report(lock: RoleLock, version: int) -> None:
    lock.say(Presence(role=lock.role, index=lock.index, pid=4711, snapshot=version))


def test_on_a_stopped_system_there_is_nobody_to_wait_for(tmp_path: Path) -> None:
    began = time.monotonic()
    assert wait_in_force(tmp_path, 7) == ()
    assert wait_in_force(tmp_path / "missing", 7) == ()
    assert time.monotonic() - began < 0.5


def test_it_returns_as_soon_as_all_roles_have_the_version(
    tmp_path: Path, start: Callable[..., RoleLock]
) -> None:
    start("collect", 8)
    slow = start("deliver", 6)
    threading.Timer(0.2, report, (slow, 7)).start()
    began = time.monotonic()
    assert wait_in_force(tmp_path, 7, seconds=10) == ()
    assert 0.15 < time.monotonic() - began < 5


def test_who_lags_after_the_time_is_named(tmp_path: Path, start: Callable[..., RoleLock]) -> None:
    start("collect", 6, index=0)
    start("collect", 7, index=1)
    start("deliver", 0)
    assert wait_in_force(tmp_path, 7, seconds=0.1) == (
        "collect-0 (process 4711) still works with version 6, not 7",
        "deliver-0 (process 4711) still works with version 0, not 7",
    )


def test_roles_that_hold_no_snapshot_and_roles_that_ended_are_not_waited_for(
    tmp_path: Path, start: Callable[..., RoleLock]
) -> None:
    start("supervisor", 0)
    (tmp_path / "deliver-0.lock").touch()
    (tmp_path / "deliver-0.json").write_text(
        '{"role": "deliver", "index": 0, "pid": 1, "snapshot": 1}'
    )
    assert wait_in_force(tmp_path, 7, seconds=0.1) == ()
