"""Whether a JSON value has the shape that the contract says, and where it has not.

A shape is `str`, `bool`, `int`, `number`, `any`, `=A|B` for one of these strings, `[shape]` for a
list, `{shape}` for an object with any names, or the name of a model. `?` behind it allows null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.harness.public_api.contract import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "number": (int, float),
    "any": (object,),
}
"""`bool` is no `int` here: clients in strict languages tell them apart."""
LONGEST_SHOWN = 60


def faults(value: Any, shape: str, at: str) -> Iterator[str]:
    """Say what is wrong with a value, a sentence for each place; `at` is where it stands."""
    bare = shape.removesuffix("?")
    if value is None and bare != shape:
        return
    if bare in PLAIN:
        yield from plain_faults(value, bare, at)
    elif bare.startswith("="):
        yield from choice_faults(value, bare[1:].split("|"), at)
    elif bare.startswith("["):
        yield from list_faults(value, bare[1:-1], at)
    elif bare.startswith("{"):
        yield from map_faults(value, bare[1:-1], at)
    else:
        yield from model_faults(value, bare, at)


def plain_faults(value: Any, name: str, at: str) -> Iterator[str]:
    kinds = PLAIN[name]
    if type(value) not in kinds and object not in kinds:
        yield f"{at} is {shown(value)}, which is no {name}"


def choice_faults(value: Any, choices: list[str], at: str) -> Iterator[str]:
    if value not in choices:
        yield f"{at} is {shown(value)}, which is none of {', '.join(choices)}"


def list_faults(value: Any, shape: str, at: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{at} is {shown(value)}, which is no list"
        return
    for number, each in enumerate(value):
        yield from faults(each, shape, f"{at}[{number}]")


def map_faults(value: Any, shape: str, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at} is {shown(value)}, which is no object"
        return
    for name, each in value.items():
        yield from faults(each, shape, f"{at}.{name}")


def model_faults(value: Any, name: str, at: str) -> Iterator[str]:
    model = contract().models[name]
    if isinstance(model, list):
        yield from union_faults(value, model, at)
    elif not isinstance(value, dict):
        yield f"{at} is {shown(value)}, which is no {name}"
    else:
        yield from field_faults(value, model, at)


def union_faults(value: Any, models: list[str], at: str) -> Iterator[str]:
    if all(any(faults(value, each, at)) for each in models):
        yield f"{at} is {shown(value)}, which is none of {', '.join(models)}"


def field_faults(value: dict[str, Any], model: dict[str, str], at: str) -> Iterator[str]:
    """Go by the fields that are known: clients pass over all others."""
    for field, shape in model.items():
        name = field.removesuffix("*")
        if name in value:
            yield from faults(value[name], shape, f"{at}.{name}")
        elif name != field:
            yield f"{at}.{name} is missing"


def shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
