"""Putting the pieces of a template together: tags, and the blocks they open and close."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NoReturn

from headgate.mapping.liquidjs import nodes
from headgate.mapping.liquidjs.conversions import SPACE
from headgate.mapping.liquidjs.cursor import fault
from headgate.mapping.liquidjs.lexer import Piece, lines, pieces
from headgate.mapping.liquidjs.nodes import Node, Nodes, Placed

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.mapping.liquidjs.expressions import Computed

DISABLED = frozenset(("case", "for", "include", "layout", "render", "tablerow"))
"""Tags of the dialect that Segment does not allow."""

DEEPEST = 100
"""Levels of blocks; deeper ones are refused before they exhaust the stack."""

_BAD_COMMENT = re.compile(rf"\n[{SPACE}]*[^#{SPACE}]")


def parse(source: str) -> Nodes:
    """Parse a template. Raises `MappingError` at the first thing that is wrong."""
    return _Parser(source, pieces(source), 0).all()


class _Parser:
    def __init__(self, source: str, found: list[Piece], depth: int) -> None:
        self._source = source
        self._pieces = found
        self._at = 0
        self._depth = depth

    def all(self) -> Nodes:
        result: list[Placed] = []
        while piece := self._next():
            result.append(self._placed(piece))
        return tuple(result)

    def _next(self) -> Piece | None:
        if self._at == len(self._pieces):
            return None
        self._at += 1
        return self._pieces[self._at - 1]

    def _placed(self, piece: Piece) -> Placed:
        return Placed(piece.begin, self._node(piece))

    def _node(self, piece: Piece) -> Node:
        if piece.kind == "text":
            return nodes.Text(piece.text)
        if piece.kind == "output":
            return nodes.Print(self._computed(piece))
        if piece.name in DISABLED:
            self._refuse(piece, f'tag "{piece.name}" is disabled')
        if tag := _TAGS.get(piece.name):
            return tag(self, piece)
        return self._refuse(piece, f'tag "{piece.name}" not found')

    def _refuse(self, piece: Piece, why: str) -> NoReturn:
        raise fault(self._source, why, piece.begin)

    def _unclosed(self, piece: Piece) -> NoReturn:
        self._refuse(piece, f"tag {self._source[piece.begin : piece.end]} not closed")

    def _computed(self, piece: Piece) -> Computed:
        return piece.cursor(self._source).computed()

    def _until(self, opening: Piece, *ends: str) -> tuple[Nodes, Piece]:
        """Read the inside of a block, up to the first of the tags that may follow it."""
        self._depth += 1
        if self._depth > DEEPEST:
            self._refuse(opening, f"tags are nested deeper than {DEEPEST} levels")
        inside: list[Placed] = []
        while piece := self._next():
            if piece.name in ends:
                self._depth -= 1
                return tuple(inside), piece
            inside.append(self._placed(piece))
        return self._unclosed(opening)

    def _skipped(self, opening: Piece, end: str) -> list[Piece]:
        skipped: list[Piece] = []
        while piece := self._next():
            if piece.name == end:
                return skipped
            skipped.append(piece)
        return self._unclosed(opening)

    def assign(self, piece: Piece) -> Node:
        cursor = piece.cursor(self._source)
        name = cursor.identifier()
        if not name:
            cursor.refuse("expected variable name")
        cursor.skip_blank()
        if cursor.peek() != "=":
            cursor.refuse('expected "="')
        cursor.at += 1
        return nodes.Assign(name, cursor.computed())

    def capture(self, piece: Piece) -> Node:
        cursor = piece.cursor(self._source)
        name: str | None = cursor.identifier() or cursor.quoted()
        if name is None:
            cursor.refuse("invalid capture name")
        return nodes.Capture(name, self._until(piece, "endcapture")[0])

    def comment(self, piece: Piece) -> Node:
        self._skipped(piece, "endcomment")
        return nodes.Text("")

    def inline_comment(self, piece: Piece) -> Node:
        if _BAD_COMMENT.search(piece.cursor(self._source).rest()):
            why = "every line of an inline comment must start with a '#' character"
            self._refuse(piece, why)
        return nodes.Text("")

    def raw(self, piece: Piece) -> Node:
        skipped = self._skipped(piece, "endraw")
        return nodes.Text("".join(self._source[inner.begin : inner.end] for inner in skipped))

    def echo(self, piece: Piece) -> Node:
        cursor = piece.cursor(self._source)
        return nodes.Text("") if cursor.done() else nodes.Print(cursor.computed())

    def increment(self, piece: Piece) -> Node:
        return nodes.Count(piece.cursor(self._source).identifier(), 1)

    def decrement(self, piece: Piece) -> Node:
        return nodes.Count(piece.cursor(self._source).identifier(), -1)

    def stop(self, _: Piece) -> Node:
        return nodes.Stop()

    def block(self, piece: Piece) -> Node:
        return nodes.Block(self._until(piece, "endblock")[0])

    def liquid(self, piece: Piece) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            self._refuse(piece, f"tags are nested deeper than {DEEPEST} levels")
        inside = _Parser(self._source, lines(self._source, piece.start, piece.stop), self._depth)
        group = nodes.Group(inside.all())
        self._depth -= 1
        return group

    def cycle(self, piece: Piece) -> Node:
        cursor = piece.cursor(self._source)
        group = cursor.value()
        cursor.skip_blank()
        if group is not None and cursor.peek() == ":":
            cursor.at += 1
        else:
            group, cursor.at = None, piece.start
        values: list[Computed] = []
        texts: list[str] = []
        while not cursor.done():
            begin = cursor.at
            values.append(cursor.computed())
            texts.append(self._source[begin : cursor.at])
            cursor.at += 1
        if not values:
            shown = self._source[piece.begin : piece.end]
            cursor.refuse(f'empty candidates: "{shown}"')
        return nodes.Cycle(group, tuple(values), ",".join(texts))

    def if_(self, piece: Piece) -> Node:
        branches: list[nodes.Branch] = []
        otherwise: Nodes = ()
        value: Computed | None = self._computed(piece)
        while True:
            inside, end = self._until(piece, "elsif", "else", "endif")
            if value is None:
                otherwise = inside
            else:
                branches.append(nodes.Branch(value, when_false=False, inside=inside))
            if end.name != "elsif":
                self._without_arguments(end, piece)
            if end.name == "endif":
                return nodes.Choice(tuple(branches), otherwise)
            if value is None:
                known = {"elsif": "unexpected elsif after else", "else": "duplicated else"}
                self._refuse(piece, known[end.name])
            value = self._computed(end) if end.name == "elsif" else None

    def unless(self, piece: Piece) -> Node:
        """What follows the first `else` of `unless` counts; further branches are read and lost."""
        branches: list[nodes.Branch] = []
        otherwise: Nodes | None = None
        value: Computed | None = self._computed(piece)
        when_false = True
        while True:
            inside, end = self._until(piece, "elsif", "else", "endunless")
            if value is not None:
                branches.append(nodes.Branch(value, when_false, inside))
            elif otherwise is None:
                otherwise = inside
            if end.name == "endunless":
                return nodes.Choice(tuple(branches), otherwise or ())
            after_else = value is None
            value = self._computed(end) if end.name == "elsif" and not after_else else None
            when_false = False

    def _without_arguments(self, piece: Piece, opening: Piece) -> None:
        if arguments := piece.cursor(self._source).rest():
            self._refuse(opening, f"unexpected {json.dumps(arguments, ensure_ascii=False)}")


_TAGS: dict[str, Callable[[_Parser, Piece], Node]] = {
    "#": _Parser.inline_comment,
    "assign": _Parser.assign,
    "block": _Parser.block,
    "break": _Parser.stop,
    "capture": _Parser.capture,
    "comment": _Parser.comment,
    "continue": _Parser.stop,
    "cycle": _Parser.cycle,
    "decrement": _Parser.decrement,
    "echo": _Parser.echo,
    "if": _Parser.if_,
    "increment": _Parser.increment,
    "liquid": _Parser.liquid,
    "raw": _Parser.raw,
    "unless": _Parser.unless,
}
