"""What the guide of a destination says of its differences from the original."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

HEADING: Final = "## Differences from Segment's\n"
_POINT: Final = re.compile(r"^(?:- |\| )", re.MULTILINE)


def stated_differences(slug: str) -> list[str]:
    """Give the bullets and the rows of that section, each as one line of text."""
    guide = (files("headgate.destinations") / slug / "guide.md").read_text()
    _, found, rest = guide.partition(HEADING)
    section = rest.partition("\n## ")[0]
    return [" ".join(point.split()) for point in _POINT.split(section)[1:]] if found else []
