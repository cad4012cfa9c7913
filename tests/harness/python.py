"""Packages of Python that tests run beside those of `.venv`, installed once for each lock."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import run
from tests.harness.kept import folder_of

if TYPE_CHECKING:
    from pathlib import Path


class Unavailable(Exception):
    """The packages cannot be had; the message says why."""


def environ(lock: Path) -> dict[str, str]:
    """An environment whose `python` finds what a lock names before anything else of that name.

    Our own tests are found, too. Raises `Unavailable`.
    """
    folder = folder_of(lock.read_bytes(), lambda folder: _install(lock, folder))
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(run.ROOT)])}


def _install(lock: Path, folder: Path) -> None:
    done = subprocess.run(
        [*run.pip_of(run.PYTHON), "--target", str(folder), *run.PINNED, str(lock)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"pip install failed: {done.stderr}")
