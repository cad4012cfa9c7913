"""`@arrayPath`: a list from a place of the event, its elements shaped (kit-behaviour 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.mapping import access
from headgate.mapping.errors import MappingError
from headgate.mapping.limits import LARGEST_RESULT, size
from headgate.mapping.values import kind
from headgate.mapping.writing import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.mapping.values import Json, Value
    from headgate.mapping.writing import Part, Piece, Use


def emit_array_path(part: Part, argument: Json, use: Use) -> Piece:
    """`[path, shape]`: the shape is resolved for each element, which is its event."""
    if not isinstance(argument, list):
        return part.fail(f"@arrayPath expected array, got {kind(argument)}")
    root = _root(part, argument[:1], use)
    shape = argument[1] if len(argument) > 1 else None
    if not (isinstance(shape, dict) and shape):
        return root
    element = part.another(of_object=False)
    shaped = element.value(shape, use)
    element.finish(shaped.code)
    holes = root.holes or shaped.undefined or shaped.holes
    cost = part.program.constant(size(shape))
    return part.call(_shaped, root, element.name, cost, undefined=root.undefined, holes=holes)


def _root(part: Part, path: list[Json], use: Use) -> Piece:
    match path:
        case [str(place)]:
            return part.read(access.steps(access.without_root(place), part.program.mode))
        case [other]:
            return part.value(other, use)
    return NOTHING


def _shaped(root: Value, shape: Callable[[Value], Value], cost: int) -> Value:
    """`cost` is the size of what one element adds, besides what it holds itself."""
    if isinstance(root, dict):
        return [shape(root)]
    if not isinstance(root, list):
        return root
    if len(root) * cost > LARGEST_RESULT:
        raise MappingError(f"@arrayPath: would give more than {LARGEST_RESULT} characters")
    return [shape(item) for item in root]
