"""Calls: what a handler is given, and the register of the operations that there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.api.config.models import Model
    from headgate.api.config.pages import Page
    from headgate.control.work import Work


class Call(NamedTuple):
    """One request that fits its operation.

    `path` goes by the names in it, `body` is of the operation's type, `changes` are by field what
    an update mask names.
    """

    path: Mapping[str, str]
    body: Any
    changes: Mapping[str, Any]
    page: Page


Handler = Callable[["Work", Call], "Model"]
H = TypeVar("H", bound=Handler)
BASE: Final = "/v1beta"
"""Below it are the paths of all operations."""


class Operation(NamedTuple):
    """What the product has; `resource` is that of a change with an update mask."""

    op: str
    method: str
    path: str
    answer: type[Model]
    handler: Handler
    body: type[Model] | None = None
    resource: str | None = None

    @property
    def is_reading(self) -> bool:
        return self.method == "GET"

    @property
    def is_list(self) -> bool:
        return "next_page_token" in self.answer.__struct_fields__

    @property
    def told(self) -> str:
        return f"{self.method} {self.path}"


OPERATIONS: Final[dict[str, Operation]] = {}
"""By the name of the handler."""


def operation(
    told: str,
    answer: type[Model],
    *,
    body: type[Model] | None = None,
    resource: str | None = None,
) -> Callable[[H], H]:
    """Register a handler for a method and a path below `/v1beta`."""
    method, _, path = told.partition(" ")

    def register(handler: H) -> H:
        op = handler.__name__
        OPERATIONS[op] = Operation(op, method, path, answer, handler, body, resource)
        return handler

    return register
