"""The routes of an API: one for each path, which leads each method to its call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterable


class Addressed(Protocol):
    """A call, by what a client sends; names in the path stand in braces."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


C = TypeVar("C", bound=Addressed)
Answering = Callable[[C, Request], Awaitable[Response]]


def routes_of(
    calls: Iterable[C], answer: Answering[C], *, with_slashes: str | None = None
) -> list[Route]:
    """Fixed paths stand before those with names in them, so that these hide none.

    What `with_slashes` names in a path may hold slashes itself.
    """
    paths: dict[str, dict[str, C]] = {}
    for each in sorted(calls, key=lambda each: each.path.count("{")):
        paths.setdefault(each.path, {})[each.method] = each
    named, spelt = f"{{{with_slashes}}}", f"{{{with_slashes}:path}}"
    return [_route(path.replace(named, spelt), methods, answer) for path, methods in paths.items()]


def _route(path: str, methods: dict[str, C], answer: Answering[C]) -> Route:
    async def answered(request: Request) -> Response:
        asked = "GET" if request.method == "HEAD" else request.method
        return await answer(methods[asked], request)

    return Route(path, answered, methods=list(methods))
