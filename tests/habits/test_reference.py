"""The reference pages are what the program says of itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from headgate import catalog, settings
from headgate.api.config.reference import reference as config_api
from headgate.api.reference import reference as public_api
from headgate.cli.destination.pages import page
from headgate.cli.main import app
from headgate.cli.reference import reference
from headgate.collect.reference import reference as collection
from headgate.deliver.transport.reference import reference as outgoing
from tests.conformance.quirks import page as compatibility

PAGES: dict[str, Callable[[], str]] = {
    "collection.md": collection,
    "commands.md": lambda: reference(app),
    "compatibility.md": compatibility.page,
    "config-api.md": config_api,
    "outgoing.md": outgoing,
    "public-api.md": public_api,
    "settings.md": settings.reference,
    **{
        f"destinations/{slug}.md": partial(page, catalog.destination(slug))
        for slug in catalog.slugs()
    },
}
FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def test_reference_pages_are_current() -> None:
    """Write them anew with `python -m tests.habits.test_reference`."""
    for name, make in PAGES.items():
        assert make() == (FOLDER / name).read_text(encoding="utf-8"), name


def test_no_page_tells_of_a_destination_that_is_not_there() -> None:
    there = {f"destinations/{path.name}" for path in (FOLDER / "destinations").iterdir()}
    assert there - PAGES.keys() == set()


if __name__ == "__main__":
    (FOLDER / "destinations").mkdir(exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"{FOLDER / name}\n")
