"""Destinations and their actions, as an author declares them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, get_type_hints

from headgate.kit.fields import Payload, Settings
from headgate.kit.http import Http
from headgate.kit.request import Response

S = TypeVar("S", bound=Settings)
P = TypeVar("P", bound=Payload)
Perform: TypeAlias = Callable[[Http, P, S], Awaitable[Response]]
Check: TypeAlias = Callable[[Http, S], Awaitable[Response]]


@dataclass(frozen=True)
class Action(Generic[P, S]):
    """One thing a destination can do with an event.

    `slug` is the stored name, `trigger` the suggested trigger, `payload` the type of what
    `perform` needs.
    """

    slug: str
    title: str
    description: str
    trigger: str | None
    payload: type[P]
    perform: Perform[P, S]


class Destination(Generic[S]):
    """A tool that events can be sent to, and the actions it offers.

    `slug` is the name of its folder, `docs` the page of its API, `headers` what every request
    carries, made from the settings.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: type[S],
        docs: str,
        slug: str | None = None,
        headers: Callable[[S], Mapping[str, str]] = lambda _: {},
        description: str = "",
    ) -> None:
        self.name = name
        self.slug = slug or re.sub(r"\W+", "_", name.lower())
        self.settings = settings
        self.docs = docs
        self.headers = headers
        self.description = description
        self.actions: dict[str, Action[Any, S]] = {}
        self.check_credentials: Check[S] | None = None

    def __repr__(self) -> str:
        return f"Destination({self.name!r})"

    def action(
        self, title: str, *, trigger: str | None = None, slug: str | None = None
    ) -> Callable[[Perform[P, S]], Action[P, S]]:
        """Make a function an action: its name is the slug, its docstring the description."""

        def declare(perform: Perform[P, S]) -> Action[P, S]:
            action = Action(
                slug=slug or _name(perform),
                title=title,
                description=inspect.getdoc(perform) or "",
                trigger=trigger,
                payload=_payload_type(perform),
                perform=perform,
            )
            if action.slug in self.actions:
                raise TypeError(f"{self.name} has two actions called {action.slug}")
            self.actions[action.slug] = action
            return action

        return declare

    def check(self, check: Check[S]) -> Check[S]:
        """Make a function the request that proves credentials: it fails when they are refused."""
        _name(check)
        self.check_credentials = check
        return check


def _name(function: Callable[..., object]) -> str:
    """The name of an async function; anything else would only fail at the first event."""
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{function!r} must be an `async def`")
    return function.__name__


def _payload_type(perform: Callable[..., object]) -> type[Any]:
    """Read the annotation of the second parameter, and no other: those may not be imported."""
    parameters = list(inspect.signature(perform).parameters.values())
    annotation = parameters[1].annotation if len(parameters) == _PARAMETERS else None
    holder = type("_", (), {"__annotations__": {"payload": annotation}})
    payload = get_type_hints(holder, globalns=perform.__globals__)["payload"]
    if not (inspect.isclass(payload) and issubclass(payload, Payload)):
        raise TypeError(f"{perform.__name__} must take (http, payload, settings), each annotated")
    return payload


_PARAMETERS = 3
