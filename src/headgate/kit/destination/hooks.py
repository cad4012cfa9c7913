"""Hooks: what an action does at the destination when a mapping is saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, Self, TypeAlias, TypeVar, get_type_hints

from headgate.kit.destination.signatures import fields_of
from headgate.kit.fields import Fields, Settings
from headgate.kit.http import Http

S = TypeVar("S", bound=Settings)
I = TypeVar("I", bound=Fields)  # noqa: E741 - inputs
O = TypeVar("O", bound=Fields)  # noqa: E741 - outputs
HookName: TypeAlias = Literal["onMappingSave", "retlOnMappingSave"]


@dataclass(frozen=True)
class Hook(Generic[I, O, S]):
    """`perform` takes what the editor asks for, `inputs`, and gives what is kept, `outputs`."""

    name: HookName
    label: str
    description: str
    inputs: type[I]
    outputs: type[O]
    perform: Callable[[Http, I, S], Awaitable[O]]

    @classmethod
    def of(
        cls,
        name: HookName,
        label: str,
        description: str,
        perform: Callable[[Http, Any, S], Awaitable[Any]],
    ) -> Self:
        """Read inputs and outputs from the annotations of the function."""
        outputs = get_type_hints(perform).get("return")
        return cls(name, label, description, fields_of(perform, Fields), outputs, perform)  # type: ignore[arg-type]
