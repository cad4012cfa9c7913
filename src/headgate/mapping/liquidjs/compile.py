"""Compiling a template once, so that each event only renders it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from headgate.mapping.errors import MappingError
from headgate.mapping.liquidjs import nodes
from headgate.mapping.liquidjs.budget import Budget, Fault, Output
from headgate.mapping.liquidjs.cursor import fault
from headgate.mapping.liquidjs.filters import FILTERS
from headgate.mapping.liquidjs.parser import parse
from headgate.mapping.liquidjs.scope import Scope
from headgate.mapping.liquidjs.units import joined, units

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.mapping.values import Json

Render: TypeAlias = "Callable[[Json], str]"
"""A compiled template: event -> text."""

LONGEST_TEMPLATE: Final = 1000
"""Characters of a template."""


def compile(template: str) -> Render:  # noqa: A001 - `liquid.compile` reads like `re.compile`
    """Compile the text of an `@liquid` directive.

    Raises `MappingError` for a template that is too long, does not parse, or uses a tag that is
    disabled. The function it gives raises the same for what only an event shows: a filter that is
    disabled or cannot work on a value, or more output or work than a template may make.
    """
    source = checked(template)
    steps = parse(source)
    return lambda event: _rendered(source, steps, event)


def checked(template: str) -> str:
    """Give a template in UTF-16 units, if it is short enough."""
    source = units(template)
    if len(source) > LONGEST_TEMPLATE:
        raise MappingError("liquid template values are limited to 1000 characters")
    return source


def _rendered(source: str, steps: nodes.Nodes, event: Json) -> str:
    budget = Budget()
    scope = Scope(event, budget, FILTERS)
    output = Output(budget)
    try:
        nodes.render(steps, scope, output)
        return joined(output.text())
    except Fault as found:
        raise fault(source, str(found), scope.position) from None
    except RecursionError:
        raise fault(source, "@liquid: a value is nested too deeply", scope.position) from None
