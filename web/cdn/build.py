"""Build what browsers load from Headgate: packages of npm, pinned here, into the Python package."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent
BUILT = HERE.parents[1] / "src" / "headgate" / "browser" / "built"
STAMP = ".made-of"
SOURCES = (".npmrc", "licences.json", "pack.mjs", "package-lock.json", "package.json")
NPM_CI = (
    "npm",
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",  # without a network it ends in seconds, not in minutes
    "--fetch-retry-mintimeout=500",
    "--fetch-retry-maxtimeout=2000",
)


class Failed(Exception):
    """The files could not be built; the message, a line, says why."""


def is_current() -> bool:
    """Whether what is built was built of the sources as they are now."""
    stamp = BUILT / STAMP
    return stamp.exists() and stamp.read_text() == digest()


def digest() -> str:
    content = hashlib.sha256()
    for name in SOURCES:
        content.update((HERE / name).read_bytes())
    return content.hexdigest() + "\n"


def build(environ: Mapping[str, str]) -> None:
    """Install the packages in a folder that goes away, pack, and put the result in place.

    `environ` is one in which `node` and `npm` start. Raises `Failed`.
    """
    with tempfile.TemporaryDirectory(prefix="headgate-cdn-") as made:
        folder = Path(made)
        for name in SOURCES:
            shutil.copy(HERE / name, folder)
        run(NPM_CI, folder, environ)
        run(("node", "pack.mjs", "built"), folder, environ)
        (folder / "built" / STAMP).write_text(digest())
        replace(folder / "built")


def run(command: tuple[str, ...], folder: Path, environ: Mapping[str, str]) -> None:
    program = shutil.which(command[0], path=environ.get("PATH"))
    if program is None:
        raise Failed(f"there is no {command[0]}")
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{command[0]} {command[1]} failed: {reason(done.stderr)}")


def reason(said: str) -> str:
    """The line in which npm or Node.js says what is wrong."""
    lines = [line.removeprefix("npm error").strip() for line in said.splitlines()]
    telling = [line for line in lines if "reason:" in line or "Error:" in line]
    return next(iter([*telling, *filter(None, lines)]), "it said nothing")


def replace(made: Path) -> None:
    """Put the new files where the old ones are: nobody sees half of both."""
    old = BUILT.with_name(".old")
    shutil.rmtree(old, ignore_errors=True)
    new = BUILT.with_name(".new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(made, new)
    if BUILT.exists():
        BUILT.rename(old)
    new.rename(BUILT)
    shutil.rmtree(old, ignore_errors=True)
