"""The browser that a User-Agent header names, as Mixpanel's own libraries tell it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_LONGEST: Final = 500
"""Characters that are read, which bounds the work for a header that was made to cause some."""

_NAMES: Final = tuple(
    (re.compile(pattern, re.ASCII), name)
    for pattern, name in (
        (r" OPR/(?=.*Mini)|Mini.* OPR/", "Opera Mini"),
        (r" OPR/", "Opera"),
        (r"(?i:BlackBerry|PlayBook|BB10)", "BlackBerry"),
        (r"IEMobile|WPDesktop", "Internet Explorer Mobile"),
        (r"SamsungBrowser/", "Samsung Internet"),
        (r"Edge|Edg/", "Microsoft Edge"),
        (r"FBIOS", "Facebook Mobile"),
        (r"Chrome", "Chrome"),
        (r"CriOS", "Chrome iOS"),
        (r"UCWEB|UCBrowser", "UC Browser"),
        (r"FxiOS", "Firefox iOS"),
        (r"Safari(?=.*iPhone)|iPhone.*Safari", "Mobile Safari"),
        (r"Safari", "Safari"),
        (r"Android", "Android Mobile"),
        (r"Konqueror", "Konqueror"),
        (r"Firefox", "Firefox"),
        (r"MSIE|Trident/", "Internet Explorer"),
        (r"Gecko", "Mozilla"),
    )
)
"""What tells a browser, the first that fits; many name others whose pages they can show."""

_BEFORE_VERSION: Final = {
    "Android Mobile": r"android\s",
    "BlackBerry": "BlackBerry ",
    "Chrome": "Chrome/",
    "Chrome iOS": "CriOS/",
    "Firefox": "Firefox/",
    "Firefox iOS": "FxiOS/",
    "Internet Explorer": "(?:rv:|MSIE )",
    "Internet Explorer Mobile": "rv:",
    "Konqueror": "Konqueror:",
    "Microsoft Edge": "Edge?/",
    "Mobile Safari": "Version/",
    "Mozilla": "rv:",
    "Opera": "(?:Opera|OPR)/",
    "Safari": "Version/",
    "Samsung Internet": "SamsungBrowser/",
    "UC Browser": "(?:UCBrowser|UCWEB)/",
}
_VERSIONS: Final = {
    name: re.compile(rf"{before}(\d+(?:\.\d+)+)", re.ASCII)
    for name, before in _BEFORE_VERSION.items()
}


@lru_cache(maxsize=4096)
def named(header: str) -> str:
    """Give the name of the browser, "" for one that is not known."""
    read = header[:_LONGEST]
    return next((name for pattern, name in _NAMES if pattern.search(read)), "")


@lru_cache(maxsize=4096)
def version(header: str) -> str | None:
    """Give the version of the browser, such as `112.0.1`."""
    pattern = _VERSIONS.get(named(header))
    match = pattern.search(header[:_LONGEST]) if pattern else None
    return match[1] if match else None
