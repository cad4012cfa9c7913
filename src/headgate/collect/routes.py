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
    means: str = ""
    """What it is for, as the reference page says it."""


_GET: Final = (b"GET", b"HEAD")
_SEVERAL: Final = "several events"
_SETTINGS: Final = Route(
    Kind.SETTINGS,
    methods=_GET,
    is_intake=False,
    means="what a source is joined to and where its events go, for browsers and mobile apps",
)


def _named() -> dict[str, Route]:
    batch = Route(Kind.BATCH, means=_SEVERAL)
    routes = {
        "/v1/batch": batch,
        "/v1/b": batch,
        "/v1/import": batch,
        "/beacon/v1/batch": Route(
            Kind.BATCH, key_in_query=True, means=f"{_SEVERAL}, from pages that are being left"
        ),
        "/v1/validate": Route(
            Kind.VALIDATE, means="what would become of one event or several; nothing is kept"
        ),
        "/v1/m": Route(Kind.METRICS, means="what browser libraries count of themselves; not kept"),
        "/token": Route(Kind.TOKEN, is_intake=False, means="an access token of OAuth 2.0"),
        "/sourceConfig": _SETTINGS._replace(
            means="what RudderStack's browser library asks before it starts"
        ),
    }
    for call in CALLS:
        event = Route(Kind.EVENT, call, means=f"one `{call}`")
        for path in ("/v1", "/api/s", "/api/s/s2s"):
            routes[f"{path}/{call}"] = event
        routes[f"/v1/{call[0]}"] = event
        routes[f"/v1/pixel/{call}"] = Route(
            Kind.PIXEL, call, _GET, key_in_query=True, means=f"one `{call}`, as a picture"
        )
    return routes


def _files(means: str) -> Route:
    return Route(Kind.FILES, methods=_GET, is_intake=False, means=means)


PATHS: Final = _named()
"""Each path is there with a slash at its end, too."""
FOLDERS: Final = {
    "/v1/projects/": _SETTINGS,
    "/analytics.js/": _files("the browser library, for one source"),
    "/analytics-next/": _files("parts that the browser library loads when it needs them"),
    "/next-integrations/": _files("plugins of connections in device mode"),
}
"""What paths begin with."""
_ROUTES: Final = {
    (path + slash).encode(): route for path, route in PATHS.items() for slash in ("", "/")
}
_BEGINNINGS: Final = {folder.encode(): route for folder, route in FOLDERS.items()}


def find(path: bytes) -> Route | None:
    """The route of a path; None for one that leads nowhere."""
    found = _ROUTES.get(path)
    if found is None:
        found = next((to for folder, to in _BEGINNINGS.items() if path.startswith(folder)), None)
    return found
