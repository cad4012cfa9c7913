"""Headers of a request: merged, and refused where they could break out of their line."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from headgate.kit.errors import Discard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.kit.http.request import Headers

LONGEST_NAME = 256
"""Characters; names are remembered, so that long ones of events would fill the memory."""
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")  # HTTP sends values as Latin-1
_TRANSPORTS_OWN = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def merged(*groups: Iterable[tuple[str, str]]) -> Headers:
    """Join headers; the last one of a name stands, in the place of the first.

    Raises `Discard` for a header that cannot be sent: it names the header, never its value.
    """
    result: dict[str, tuple[str, str]] = {}
    for group in groups:
        for header in group:
            if len(header[0]) > LONGEST_NAME:
                raise Discard(
                    f"The name of a header has {len(header[0])} characters: use {LONGEST_NAME} "
                    "or fewer."
                )
            result[_known(header[0])] = header
    headers = tuple(result.values())
    values = "".join([value for _, value in headers])
    if not (values.isascii() and values.isprintable()):
        _check_each(headers)
    return headers


@lru_cache(maxsize=4096)
def _known(name: str) -> str:
    """Give a name in lower case, once it was found to be one; few different ones ever occur."""
    if not _NAME.fullmatch(name):
        raise Discard(f"{name!a} cannot be the name of a header: use letters, digits and -.")
    lower = name.lower()
    if lower in _TRANSPORTS_OWN:
        raise Discard(f"The header {name} is set by Headgate itself: leave it out.")
    return lower


def _check_each(headers: Headers) -> None:
    for name, value in headers:
        if _UNSENDABLE.search(value):
            raise Discard(f"The header {name} holds a control character or one outside Latin-1.")
