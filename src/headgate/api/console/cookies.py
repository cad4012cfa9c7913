"""The cookie that holds the id of a session: for this origin alone, and out of scripts' reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from headgate.api.console.site import Site


def name(site: Site) -> str:
    """Browsers take `__Host-` only over https, and then from no other host or path."""
    return "__Host-headgate" if site.is_secure else "headgate"


def shown(site: Site, request: Request) -> str | None:
    return request.cookies.get(name(site))


def give(site: Site, response: Response, secret: str, seconds: int) -> None:
    response.set_cookie(
        name(site),
        secret,
        max_age=seconds,
        path="/",
        secure=site.is_secure,
        httponly=True,
        samesite="strict",
    )


def take_back(site: Site, response: Response) -> None:
    give(site, response, "", 0)
