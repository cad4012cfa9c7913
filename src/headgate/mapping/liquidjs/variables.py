"""Which paths a template reads, whether an event has them or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from headgate.mapping import javascript
from headgate.mapping.liquidjs.compile import checked
from headgate.mapping.liquidjs.conversions import is_number
from headgate.mapping.liquidjs.expressions import Access, Computed, Constant, Operand, Range
from headgate.mapping.liquidjs.parser import parse
from headgate.mapping.liquidjs.units import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.mapping.liquidjs.nodes import Nodes, Part

Segments: TypeAlias = "tuple[str | float | Segments, ...]"

_DOTTED = re.compile(r"[\x80-\uffffa-zA-Z_][\x80-\uffffa-zA-Z0-9_-]*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)


def variables(template: str) -> list[str]:
    """List the paths a template reads, its own variables among them, each once.

    Paths of the same first name stand together (`properties.items[0].sku`, `['a b'].c`). Raises
    `MappingError` for a template that does not compile.
    """
    groups: dict[str, list[str]] = {}
    for read in _reads(parse(checked(template))):
        root = read[0] if read and isinstance(read[0], str) else ""
        groups.setdefault(root, []).append(joined(_shown(read, bracketed=True)))
    return list(dict.fromkeys(path for root in sorted(groups, key=_rank) for path in groups[root]))


def _rank(root: str) -> tuple[bool, int]:
    """JavaScript orders names that are array indexes before all others."""
    is_index = _INDEX.fullmatch(root) is not None
    return not is_index, int(root) if is_index else 0


def _reads(nodes: Nodes) -> Iterator[Segments]:
    for placed in nodes:
        for part in placed.node.parts():
            yield from _of_part(part)


def _of_part(part: Part) -> Iterator[Segments]:
    if isinstance(part, Computed):
        operands = [token for token in part.postfix if isinstance(token, Operand)]
        arguments = [argument.value for call in part.filters for argument in call.arguments]
        for operand in (*operands, *arguments):
            yield from _of_operand(operand)
    elif isinstance(part, Constant | Range | Access):
        yield from _of_operand(part)
    else:
        yield from _reads(part)


def _of_operand(operand: Operand | None) -> Iterator[Segments]:
    if isinstance(operand, Range):
        yield from _of_operand(operand.low)
        yield from _of_operand(operand.high)
    elif isinstance(operand, Access):
        yield from _with_inner(_segments(operand))


def _with_inner(segments: Segments) -> Iterator[Segments]:
    yield segments
    for segment in segments:
        if isinstance(segment, tuple):
            yield from _with_inner(segment)


def _segments(access: Access) -> Segments:
    """A path at the beginning of a path is one with it; words of Liquid as keys do not count."""
    root, *rest = access.path
    first = _segments(root) if isinstance(root, Access) else _key(root)
    inner = (_key(key) if not isinstance(key, Access) else (_segments(key),) for key in rest)
    return sum(inner, first)


def _key(key: Operand) -> Segments:
    if isinstance(key, Constant) and (isinstance(key.value, str) or is_number(key.value)):
        return (key.value,)
    return ()


def _shown(segments: Segments, *, bracketed: bool) -> str:
    text = ""
    for index, segment in enumerate(segments):
        if isinstance(segment, tuple):
            text += f"[{_shown(segment, bracketed=False)}]" if index else ""
        elif isinstance(segment, str):
            text += _name(segment, first=not index, bracketed=bracketed)
        elif index:
            text += f"[{javascript.number(segment)}]"
    return text


def _name(name: str, *, first: bool, bracketed: bool) -> str:
    if _DOTTED.fullmatch(name):
        return name if first else f".{name}"
    return name if first and not bracketed else f"['{name}']"
