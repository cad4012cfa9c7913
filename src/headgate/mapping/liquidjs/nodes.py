"""The steps of a template: what each kind of tag does when it is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from headgate.mapping.liquidjs.budget import ITEM, Output
from headgate.mapping.liquidjs.conversions import (
    Drop,
    falsy,
    javascript_truthy,
    stringify,
    to_string,
)
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.mapping.liquidjs.expressions import Computed, Operand
    from headgate.mapping.liquidjs.scope import Scope


class Node(Protocol):
    """One step. `parts` are the expressions and steps inside it, in the order of the analysis."""

    def render(self, scope: Scope, output: Output) -> None: ...

    def parts(self) -> Iterator[Part]: ...


class Placed(NamedTuple):
    """A step and where it begins, for messages."""

    begin: int
    node: Node


Nodes: TypeAlias = tuple[Placed, ...]
Part: TypeAlias = "Computed | Operand | Nodes"


def render(nodes: Nodes, scope: Scope, output: Output) -> None:
    """Run steps one after the other, until one of them breaks off."""
    for placed in nodes:
        scope.position = placed.begin
        scope.budget.doing = "the template"
        scope.budget.work(ITEM)
        placed.node.render(scope, output)
        if scope.stopped:
            return


class Text(NamedTuple):
    """Text of the template, as it stands."""

    text: str

    def render(self, _: Scope, output: Output) -> None:
        output.write(self.text)

    def parts(self) -> Iterator[Part]:
        yield from ()


class Print(NamedTuple):
    """`{{ value }}` and `{% echo value %}`."""

    value: Computed

    def render(self, scope: Scope, output: Output) -> None:
        value = self.value.evaluate(scope)
        scope.budget.doing = "the output"
        output.write(stringify(scope.budget, value))

    def parts(self) -> Iterator[Part]:
        yield self.value


class Assign(NamedTuple):
    """`{% assign name = value %}`."""

    name: str
    value: Computed

    def render(self, scope: Scope, _: Output) -> None:
        scope.assign(self.name, self.value.evaluate(scope))

    def parts(self) -> Iterator[Part]:
        yield self.value


class Capture(NamedTuple):
    """`{% capture name %}…{% endcapture %}`."""

    name: str
    inside: Nodes

    def render(self, scope: Scope, _: Output) -> None:
        captured = Output(scope.budget)
        render(self.inside, scope, captured)
        scope.assign(self.name, captured.text())

    def parts(self) -> Iterator[Part]:
        yield self.inside


class Branch(NamedTuple):
    """A condition of `if` or `unless`, and which outcome leads inside."""

    value: Computed
    when_false: bool
    inside: Nodes


class Choice(NamedTuple):
    """`{% if %}` and `{% unless %}` with what belongs to them."""

    branches: tuple[Branch, ...]
    otherwise: Nodes

    def render(self, scope: Scope, output: Output) -> None:
        for branch in self.branches:
            if falsy(branch.value.evaluate(scope)) == branch.when_false:
                render(branch.inside, scope, output)
                return
        render(self.otherwise, scope, output)

    def parts(self) -> Iterator[Part]:
        yield from (branch.value for branch in self.branches)
        yield from (branch.inside for branch in self.branches)
        yield self.otherwise


class Count(NamedTuple):
    """`{% increment name %}` shows the number before the step, `decrement` the one after it."""

    name: str
    step: int

    def render(self, scope: Scope, output: Output) -> None:
        before = scope.count(self.name, self.step)
        shown = before if self.step > 0 else before + self.step
        output.write(to_string(scope.budget, shown))

    def parts(self) -> Iterator[Part]:
        yield from ()


class Cycle(NamedTuple):
    """`{% cycle group: a, b %}`; cycles whose values are written alike move together in a group."""

    group: Operand | None
    values: tuple[Computed, ...]
    written: str

    def render(self, scope: Scope, output: Output) -> None:
        group = UNDEFINED if self.group is None else self.group.evaluate(scope)
        key = f"{to_string(scope.budget, group)}:{self.written}"
        turn = scope.cycles.get(key, 0)
        scope.cycles[key] = (turn + 1) % len(self.values)
        value = self.values[turn].evaluate(scope)
        if javascript_truthy(value):
            output.write(stringify(scope.budget, value))

    def parts(self) -> Iterator[Part]:
        yield from self.values
        if self.group is not None:
            yield self.group


class Block(NamedTuple):
    """`{% block %}` outside of a layout: its inside, in which `block` is a word of its own."""

    inside: Nodes

    def render(self, scope: Scope, output: Output) -> None:
        scope.locals.append({"block": Drop.BLOCK})
        render(self.inside, scope, output)
        scope.locals.pop()

    def parts(self) -> Iterator[Part]:
        yield self.inside


class Group(NamedTuple):
    """The tags of `{% liquid %}`."""

    inside: Nodes

    def render(self, scope: Scope, output: Output) -> None:
        render(self.inside, scope, output)

    def parts(self) -> Iterator[Part]:
        yield self.inside


class Stop(NamedTuple):
    """`{% break %}` and `{% continue %}`: outside of loops, the end of the rendering."""

    def render(self, scope: Scope, _: Output) -> None:
        scope.stopped = True

    def parts(self) -> Iterator[Part]:
        yield from ()
