"""Values that have the shape the contract says: with all fields, or only with those required."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.harness.public_api.contract import contract

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN: dict[str, Callable[[str], Any]] = {
    "str": str,
    "bool": bool,
    "int": len,
    "number": lambda name: len(name) + 0.5,
    "any": lambda name: {name: [None]},
}
"""A value by the name of its field."""


def example(shape: str, *, full: bool, name: str = "entry") -> Any:
    """A value for a field of this name."""
    bare = shape.removesuffix("?")
    if bare in PLAIN:
        return PLAIN[bare](name)
    if bare.startswith("="):
        return bare[1:].split("|")[-1]
    if bare.startswith("["):
        return [example(bare[1:-1], full=full)]
    if bare.startswith("{"):
        return {name: example(bare[1:-1], full=full)}
    return example_of_model(bare, full=full)


def example_of_model(model_name: str, *, full: bool) -> Any:
    model = contract().models[model_name]
    if isinstance(model, list):
        return example(model[0], full=full)
    fields = {field.removesuffix("*"): shape for field, shape in model.items()}
    left = {field.removesuffix("*") for field in model if full or field.endswith("*")}
    return {name: example(fields[name], full=full, name=name) for name in fields if name in left}
