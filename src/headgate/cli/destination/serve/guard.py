"""Who may ask the test server: this machine's own programs and its own page, no other site.

A page of another site can make a browser send requests here, and by rebinding its name even read
the answers. It cannot choose the headers `Host` and `Origin`, nor send JSON unasked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Final = ("127.0.0.1", "localhost")
_OWN_SITES: Final = frozenset({None, "none", "same-origin"})
_STANDARD: Final = 80


def refusal(method: str, headers: Mapping[str, str], port: int) -> str | None:
    """Say why a request is refused; None when it may pass. Names of headers are in lower case."""
    hosts = {f"{name}:{port}" for name in NAMES} | ({*NAMES} if port == _STANDARD else set())
    if headers.get("host", "").lower() not in hosts:
        return f"the Host must be {' or '.join(sorted(hosts))}"
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
        return "requests of other sites are refused"
    if method == "GET":
        return None
    if headers.get("sec-fetch-site") not in _OWN_SITES:
        return "requests of other sites are refused"
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return "the Content-Type must be application/json"
    return None
