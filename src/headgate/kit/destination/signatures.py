"""Reading the functions that an author writes: their names, and what their annotations say."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def name_of(function: Callable[..., object]) -> str:
    """The name of an async function; anything else would only fail at the first event."""
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{function!r} must be an `async def`")
    return function.__name__


def described(function: Callable[..., object]) -> str:
    return inspect.getdoc(function) or ""


def takes(function: Callable[..., object], count: int) -> bool:
    """Tell whether a function asks for the last of `count` arguments, which it may leave out."""
    given = len(inspect.signature(function).parameters)
    if given not in {count - 1, count}:
        raise TypeError(f"{function.__name__} must take {count - 1} or {count} arguments")
    return given == count


def fields_of(
    function: Callable[..., object],
    base: type[T],
    *,
    is_list: bool = False,
    given: type[T] | None = None,
) -> type[T]:
    """Read the annotation of the second parameter, and no other: those may not be imported.

    `given` stands for a type variable.
    """
    parameters = list(inspect.signature(function).parameters.values())
    annotation = parameters[1].annotation if len(parameters) > 1 else None
    holder = type("_", (), {"__annotations__": {"it": annotation}})
    found: Any = get_type_hints(holder, globalns=function.__globals__)["it"]
    if is_list:
        found = get_args(found)[0] if get_origin(found) is not None else None
    if given is not None and isinstance(found, TypeVar):
        return given
    if inspect.isclass(found) and issubclass(found, base):
        return found
    kind = f"Sequence[{base.__name__}]" if is_list else base.__name__
    raise TypeError(
        f"{function.__name__} must take (http, {kind.lower()}, settings), the second annotated "
        f"with a class of {base.__name__}"
    )
