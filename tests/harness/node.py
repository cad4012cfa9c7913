"""Packages of npm that tests run, installed once for each lock, with the Node.js that there is."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

from tests.everything import node_folder
from tests.harness.kept import folder_of
from web.node import machine_has_node

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
    """Return a folder that holds what the lock in `declared` names. Raises `Unavailable`."""
    content = b"".join((declared / name).read_bytes() for name in FILES)
    return folder_of(content, lambda folder: _install(declared, folder))


def _install(declared: Path, folder: Path) -> None:
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
