"""What each path of the collection API stands for (wire checklist 1)."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple

from headgate.events.calls import CALLS


class Kind(Enum):
    """What is behind a path."""

    EVENT = auto()
    BATCH = auto()
    VALIDATE = auto()
    PIXEL = auto()
    METRICS = auto()
    TOKEN = auto()
    SETTINGS = auto()
    FILES = auto()


class Route(NamedTuple):
    """Where a request goes; `call` is what the path says of an event, None where it does not."""

    kind: Kind
    call: str | None = None
    methods: tuple[bytes, ...] = (b"POST",)
    key_in_query: bool = False
    is_intake: bool = True
    """Whether it brings events, or speaks of them."""


_GET: Final = (b"GET", b"HEAD")
_BATCH: Final = Route(Kind.BATCH)


def _named() -> dict[str, Route]:
    routes = {
        "/v1/batch": _BATCH,
        "/v1/b": _BATCH,
        "/v1/import": _BATCH,
        "/v1/validate": Route(Kind.VALIDATE),
        "/v1/m": Route(Kind.METRICS),
        "/beacon/v1/batch": Route(Kind.BATCH, key_in_query=True),
        "/token": Route(Kind.TOKEN, is_intake=False),
        "/sourceConfig": Route(Kind.SETTINGS, methods=_GET, is_intake=False),
    }
    for call in CALLS:
        event = Route(Kind.EVENT, call)
        for path in ("/v1", "/api/s", "/api/s/s2s"):
            routes[f"{path}/{call}"] = event
        routes[f"/v1/{call[0]}"] = event
        routes[f"/v1/pixel/{call}"] = Route(Kind.PIXEL, call, _GET, key_in_query=True)
    return routes


_ROUTES: Final = {
    (path + slash).encode(): route for path, route in _named().items() for slash in ("", "/")
}
_FOLDERS: Final = {
    b"/v1/projects/": Route(Kind.SETTINGS, methods=_GET, is_intake=False),
    b"/analytics.js/": Route(Kind.FILES, methods=_GET, is_intake=False),
    b"/analytics-next/": Route(Kind.FILES, methods=_GET, is_intake=False),
    b"/next-integrations/": Route(Kind.FILES, methods=_GET, is_intake=False),
}


def find(path: bytes) -> Route | None:
    """The route of a path; None for one that leads nowhere."""
    found = _ROUTES.get(path)
    if found is None:
        found = next((to for folder, to in _FOLDERS.items() if path.startswith(folder)), None)
    return found
