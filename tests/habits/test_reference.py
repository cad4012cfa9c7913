"""The reference pages are what the program says of itself."""

from __future__ import annotations

import sys
from pathlib import Path

from headgate import settings
from headgate.cli.main import app
from headgate.cli.reference import reference
from tests.conformance.quirks import page as compatibility

PAGES = {
    "commands.md": lambda: reference(app),
    "compatibility.md": compatibility.page,
    "settings.md": settings.reference,
}
FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def test_reference_pages_are_current() -> None:
    """Write them anew with `python -m tests.habits.test_reference`."""
    for name, make in PAGES.items():
        assert make() == (FOLDER / name).read_text(encoding="utf-8"), name


if __name__ == "__main__":
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"{FOLDER / name}\n")
