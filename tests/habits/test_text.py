from __future__ import annotations

import re

from tests.habits.source import ROOT, files, shown

REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy", "golang", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
]
"""Joined here, so that this file does not hold the words that it forbids."""

MACHINE_PATHS = re.compile(rf"/({'wo' + 'rk'}|root|home/\w+)/")

ADDRESSES = re.compile(r"://|--(extra-)?index-url|--find-links|\bresolved\b")

BINARY: dict[str, str] = {}
"""Files that are no UTF-8 text, each with its reason."""


def is_text(data: bytes) -> bool:
    return b"\0" not in data


def texts() -> dict[str, str]:
    """Return what every text file says; a byte that is no UTF-8 shows as U+FFFD."""
    data = {shown(path): path.read_bytes() for path in files() if shown(path) not in BINARY}
    return {name: raw.decode(errors="replace") for name, raw in data.items() if is_text(raw)}


def test_every_text_file_is_utf_8() -> None:
    assert [name for name, text in texts().items() if "\ufffd" in text] == []


def test_no_line_ends_in_white_space() -> None:
    found = {
        f"{name}:{number}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if line != line.rstrip()
    }
    assert found == set()


def test_every_text_file_ends_with_a_line_end() -> None:
    assert [name for name, text in texts().items() if text and not text.endswith("\n")] == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    found = {(name, host) for name, text in texts().items() for host in REGISTRIES if host in text}
    assert found == set()


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = {name: MACHINE_PATHS.search(text) for name, text in texts().items()}
    assert {name: match[0] for name, match in found.items() if match} == {}


def test_no_lock_holds_an_address() -> None:
    locks = [path for path in files() if path.suffix == ".lock" or path.name == "package-lock.json"]
    assert ROOT / "requirements" / "run.lock" in locks
    assert [shown(path) for path in locks if ADDRESSES.search(path.read_text())] == []
