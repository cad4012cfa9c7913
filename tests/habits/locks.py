"""The hash-pinned locks: what each of them installs."""

from __future__ import annotations

import tomllib
from typing import NamedTuple

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.habits.source import ROOT


class Pin(NamedTuple):
    """One package of a lock."""

    requirement: Requirement
    hashes: int

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        return str(self.requirement.specifier).removeprefix("==")

    @property
    def is_for_this_machine(self) -> bool:
        marker = self.requirement.marker
        return marker is None or Marker(str(marker)).evaluate()


def pins(lock: str) -> list[Pin]:
    """Read `requirements/<lock>.lock`; comments and white space mean nothing in it."""
    lines = (ROOT / "requirements" / f"{lock}.lock").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    entries = text.replace("\\\n", " ").splitlines()
    return [
        Pin(Requirement(entry.partition("--hash")[0].strip()), entry.count("--hash=sha256:"))
        for entry in entries
        if entry.strip()
    ]


def pyproject() -> dict[str, list[str]]:
    """Return the requirements of the project by kind: `run`, each extra, each group."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = content["project"]
    return {
        "run": project["dependencies"],
        **project["optional-dependencies"],
        **content["dependency-groups"],
        "build-system": content["build-system"]["requires"],
    }
