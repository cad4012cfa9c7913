"""Addresses of requests: checked, and with a query."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from headgate.kit.errors import Discard
from headgate.kit.http.body import pairs

if TYPE_CHECKING:
    from headgate.kit.http.body import Form

_REFUSED = (
    "The URL must begin with http:// or https:// and a host; after the host, spaces and letters "
    "outside ASCII must be percent-encoded."
)
_URL = re.compile(r"https?://(?:[!\"$-.0->@-\[\]-~]|[^\W_])+(?:[/?#][!-~]*)?", re.IGNORECASE)
"""A host may have letters of any script, which the transport judges; the rest is ASCII."""


def address(url: str, *queries: Form) -> str:
    """Check a URL and add queries to it. Raises `Discard` for one that cannot be asked."""
    if not _can_be_asked(url):
        raise Discard(_REFUSED)
    added = [
        pair for query in queries for name, value in query.items() for pair in pairs(name, value)
    ]
    if not added:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:  # a host of brackets that is no IPv6 address
        raise Discard(_REFUSED) from None
    return parts._replace(query="&".join(filter(None, (parts.query, urlencode(added))))).geturl()


@lru_cache(maxsize=1024)
def _can_be_asked(url: str) -> bool:
    """Few different addresses are asked again and again; no event's text is kept for long."""
    return _URL.fullmatch(url) is not None
