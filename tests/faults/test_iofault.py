from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.bad_disk import OPERATIONS, Rule, full, hanging

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.bad_disk import BadDisk

TRY_EVERYTHING = """
import ctypes, json, os, sys

libc = ctypes.CDLL(None, use_errno=True)
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
calls = {
    "write": lambda: os.write(file, b"12345678"),
    "pwrite": lambda: os.pwrite(file, b"12345678", 0),
    "writev": lambda: os.writev(file, [b"1234", b"5678"]),
    "fsync": lambda: os.fsync(file),
    "fdatasync": lambda: os.fdatasync(file),
    "ftruncate": lambda: os.ftruncate(file, 4096),
    "fallocate": lambda: os.posix_fallocate(file, 0, 4096),
}
results = {}
for name, call in calls.items():
    try:
        results[name] = call() or 0
    except OSError as error:
        results[name] = -error.errno
print(json.dumps(results))
"""
USE_SQLITE = """
import sys
from headgate.ledger.driver import SqliteError, is_full, sqlite

connection = sqlite.connect(sys.argv[1])
try:
    connection.execute("pragma journal_mode=wal")
    connection.execute("create table t (x)")
except SqliteError as error:
    sys.exit(0 if is_full(error) else 1)
sys.exit(2)
"""


def tried(disk: BadDisk, path: Path) -> dict[str, int]:
    """What each operation returned in a process of its own, or the negative errno."""
    command = [sys.executable, "-S", "-c", TRY_EVERYTHING, str(path)]
    environment = {**os.environ, **disk.environment}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    results: dict[str, int] = json.loads(done.stdout)
    return results


SOUND = {name: 8 if "write" in name else 0 for name in OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_rule_fails_its_operation_and_no_other(
    operation: str, bad_disk: BadDisk, tmp_path: Path
) -> None:
    bad_disk.fail(Rule("/chosen", (operation,), errno.EIO))
    assert tried(bad_disk, tmp_path / "other") == SOUND
    assert bad_disk.failed == 0
    assert tried(bad_disk, tmp_path / "chosen") == {**SOUND, operation: -errno.EIO}
    assert bad_disk.failed == 1
    bad_disk.heal()
    assert tried(bad_disk, tmp_path / "chosen") == SOUND


def test_a_full_disk_may_take_half_of_a_write_first(bad_disk: BadDisk, tmp_path: Path) -> None:
    bad_disk.fail(full("/chosen", is_short=True))
    results = tried(bad_disk, tmp_path / "chosen")
    assert (results["write"], results["pwrite"]) == (4, -errno.ENOSPC)
    assert results["ftruncate"] == results["fallocate"] == -errno.ENOSPC


def test_a_rule_may_wait_and_may_end(bad_disk: BadDisk, tmp_path: Path) -> None:
    bad_disk.fail(Rule("/chosen", ("write", "pwrite", "fsync"), skip=1, most=1))
    assert tried(bad_disk, tmp_path / "chosen") == {**SOUND, "pwrite": -errno.EIO}


def test_a_rule_may_only_delay_until_the_rules_are_gone(bad_disk: BadDisk, tmp_path: Path) -> None:
    began = time.monotonic()
    bad_disk.fail(hanging("/chosen", 0.3))
    assert tried(bad_disk, tmp_path / "chosen") == SOUND
    assert time.monotonic() - began >= 2 * 0.3
    bad_disk.fail(hanging("/chosen", 60.0))
    threading.Timer(0.5, bad_disk.heal).start()
    assert tried(bad_disk, tmp_path / "chosen") == SOUND
    assert time.monotonic() - began < 30
    assert bad_disk.failed == 1


def test_sqlite_meets_the_same_disk(bad_disk: BadDisk, tmp_path: Path) -> None:
    bad_disk.fail(full("/chosen"))
    command = [sys.executable, "-c", USE_SQLITE, str(tmp_path / "chosen.db")]
    done = subprocess.run(command, env={**os.environ, **bad_disk.environment}, check=False)
    assert done.returncode == 0
    assert bad_disk.failed > 0
