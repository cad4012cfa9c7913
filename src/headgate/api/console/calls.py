"""The operations of the console alone, declared once: for router, checks and document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate.api.console.checking import read_body, read_query
from headgate.api.public.calls import Operation
from headgate.api.public.contract import Endpoint

if TYPE_CHECKING:
    from pydantic import BaseModel

    from headgate.api.public.calls import Call
    from headgate.api.public.pagination import Page
    from headgate.control.work import Work

BASE: Final = "/app/api"


class Asked(NamedTuple):
    """One request that fits its models: `body` and `query` are instances of them."""

    path: Mapping[str, str]
    body: Any
    query: Any
    page: Page


Answer = dict[str, Any] | Callable[[], dict[str, Any]]
"""The data, or what gives it once the work is committed: that may take long."""
Handler = Callable[["Work", Asked], Answer]


class Declared(NamedTuple):
    """What is told of an operation; `answer` has a type for each name of its data.

    `media` is that of the answer where it is no JSON: then nothing else is said of it.
    """

    endpoint: Endpoint
    told: str
    answer: Mapping[str, Any]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    is_paged: bool = False
    media: str = "application/json"


DECLARED: Final[dict[str, Declared]] = {}
OPERATIONS: Final[dict[str, Operation]] = {}


def operation(
    method: str,
    path: str,
    answer: Mapping[str, Any],
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    paged: bool = False,
    reading: bool | None = None,
) -> Callable[[Handler], Handler]:
    """Register a handler under its own name; only GET reads unless it is said."""

    def register(handler: Handler) -> Handler:
        def checked(work: Work, call: Call) -> Answer:
            given = None if body is None else read_body(body, call.body)
            asked = read_query(query, call.query, is_paged=paged)
            return handler(work, Asked(call.path, given, asked, call.page))

        op, names = handler.__name__, tuple(query.model_fields) if query else ()
        named = body.__name__ if body is not None else None
        endpoint = Endpoint(op, method, f"{BASE}{path}", op, 200, "v1", names, named)
        told = (handler.__doc__ or op.replace("_", " ")).strip()
        declared = Declared(endpoint, told, answer, body, query, paged)
        is_reading = endpoint.is_reading if reading is None else reading
        DECLARED[op] = declared
        OPERATIONS[op] = Operation(endpoint, checked, is_reading)
        return handler

    return register
