"""Print NOTICE: this project's name and the licences of what it is installed with.

Run it with the project's environment: .venv/bin/python requirements/notice.py > NOTICE
"""

from __future__ import annotations

import json
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

HEADER = """\
Headgate
Copyright 2026 The Headgate authors

This product is licensed under the Apache License, Version 2.0 (see LICENSE). Its source contains
no code of other projects. These packages, each under its own licence, are installed with it:

"""
CARRIED = """
A built package also carries what browsers load from Headgate: files of two packages of npm,
@segment/analytics-next and @segment/browser-destinations, as these were published. They contain
code of the packages below; headgate/browser/built/licences.txt has the texts of their licences.

"""
READ = {"pysqlite3": "Zlib"}
"""Licences of packages that state none: read in the licence file that they carry."""

OPEN_WORDS = {"", "unknown", "dual license"}
"""What some packages say in their field `License` although they have one."""


def main() -> None:
    installed = {name: licence_of(name) for name in locked() if is_installed(name)}
    print(HEADER + listed(installed) + CARRIED + listed(carried()), end="")


def listed(licences: dict[str, str]) -> str:
    return "".join(f"- {name} ({licence})\n" for name, licence in licences.items())


def carried() -> dict[str, str]:
    """Give the licences of the npm packages whose code browsers load, by name."""
    declared = Path(__file__).parents[1] / "web" / "cdn" / "licences.json"
    licences: dict[str, str] = json.loads(declared.read_text())
    return licences


def locked() -> list[str]:
    """Name the packages of the lock that users install."""
    text = Path(__file__).with_name("run.lock").read_text()
    return [line.partition("==")[0] for line in text.splitlines() if line[:1].isalnum()]


def is_installed(name: str) -> bool:
    """Whether it is here: packages for other systems are in the lock too."""
    try:
        return bool(metadata(name))
    except PackageNotFoundError:
        return False


def licence_of(name: str) -> str:
    """Return the licence a package states: an expression, a word or classifiers; or `unknown`."""
    stated = metadata(name)
    found = field(stated, "License-Expression") or word_of(stated) or classifiers_of(stated)
    return found or READ.get(name, "unknown")


def field(stated: PackageMetadata, name: str) -> str:
    return " ".join(stated.get_all(name) or [])


def word_of(stated: PackageMetadata) -> str:
    """Return the field `License` unless it is empty or holds the licence's whole text."""
    word = field(stated, "License").strip()
    return "" if word.lower() in OPEN_WORDS or "\n" in word else word


def classifiers_of(stated: PackageMetadata) -> str:
    found = stated.get_all("Classifier") or []
    kinds = [text.split(" :: ")[-1] for text in found if text.startswith("License :: ")]
    return ", ".join(kinds)


if __name__ == "__main__":
    main()
