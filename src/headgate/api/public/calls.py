"""Calls: what a handler is given, and the register of the operations that there are."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate.api.public.contract import Endpoint, contract

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.api.public.pagination import Page
    from headgate.control.work import Work


class Call(NamedTuple):
    """One request that fits the contract: `path` by the names in it, `body` without nulls."""

    path: Mapping[str, str]
    query: Query
    body: dict[str, Any]
    page: Page
    headers: Mapping[str, str] = MappingProxyType({})
    """All but those that say who asks."""


class Query(NamedTuple):
    """The query's parameters, in the order in which they came."""

    pairs: tuple[tuple[str, str], ...]

    def one(self, name: str) -> str | None:
        """The last one of that name."""
        return dict(self.pairs).get(name)

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a list: Python repeats the name, qs numbers it (`emails[0]`)."""
        prefix = f"{name}["
        return tuple(
            value
            for key, value in self.pairs
            if key == name or (key.startswith(prefix) and key.endswith("]"))
        )


Later = Callable[[], dict[str, Any]]
"""What waits for others begins when the handler's own work is committed."""
Handler = Callable[["Work", Call], dict[str, Any] | Later]


class Operation(NamedTuple):
    """An endpoint that the product has; `is_reading` where nothing is changed."""

    endpoint: Endpoint
    handler: Handler
    is_reading: bool


OPERATIONS: Final[dict[str, Operation]] = {}


def operation(op: str, *, reading: bool | None = None) -> Callable[[Handler], Handler]:
    """Register a handler for an operation of the contract; only GET reads unless it is said."""

    def register(handler: Handler) -> Handler:
        endpoint = contract().endpoint(op)
        is_reading = endpoint.is_reading if reading is None else reading
        OPERATIONS[op] = Operation(endpoint, handler, is_reading)
        return handler

    return register


SUCCESS: Final = {"status": "SUCCESS"}
