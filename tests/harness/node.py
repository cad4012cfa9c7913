"""Packages of npm that tests run, installed once for each lock, with the Node.js that there is."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import run
from tests.everything import machine_has_node, node_folder

if TYPE_CHECKING:
    from pathlib import Path

CURE = "apt-get install nodejs npm, or python3 run.py test"
FILES = (".npmrc", "package.json", "package-lock.json")


class Unavailable(Exception):
    """Node.js or the packages cannot be had; the message says what to do."""


@cache
def environ() -> dict[str, str]:
    """An environment in which `node` and `npm` start, in UTC. Raises `Unavailable`."""
    variables = {**os.environ, "TZ": "UTC"}
    if machine_has_node():
        return variables
    folder = node_folder()
    if folder is None:
        raise Unavailable(f"needs Node.js: {CURE}")
    return {**variables, "PATH": os.pathsep.join([str(folder), variables["PATH"]])}


def packages(declared: Path) -> Path:
    """Return a folder that holds what the lock in `declared` names.

    It is made once, and again when the lock changes; a second test process waits for the first.
    Raises `Unavailable`.
    """
    content = hashlib.sha256(b"".join((declared / name).read_bytes() for name in FILES))
    folder = run.TOOLS / "packages" / content.hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "is-complete").exists():
            _install(declared, folder)
    return folder


def _install(declared: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in FILES:
        shutil.copy(declared / name, folder)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"npm ci failed: {done.stderr}")
    (folder / "is-complete").touch()
