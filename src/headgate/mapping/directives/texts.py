"""`@path` and `@template`: a text, or a directive that gives one, says what to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.mapping import access, javascript, placeholders
from headgate.mapping.errors import MappingError
from headgate.mapping.limits import check_text
from headgate.mapping.values import UNDEFINED, kind
from headgate.mapping.writing import Piece, Use

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Mode, Value
    from headgate.mapping.writing import Part


def emit_path(part: Part, argument: Json, use: Use) -> Piece:  # noqa: ARG001
    """`@path`: the value at one place of the event (kit-behaviour 7.3)."""
    text = part.value(argument, Use.ARGUMENT)
    if isinstance(text.value, str):
        return part.read(access.steps(access.without_root(text.value), part.program.mode))
    part.program.reads += 1
    return part.call(_at, text, "event", part.program.constant(part.program.mode), undefined=True)


def emit_template(part: Part, argument: Json, use: Use) -> Piece:  # noqa: ARG001
    """`@template`: a text in which `{{path}}` and `{{{path}}}` are filled in (kit-behaviour 7.3).

    In strict mode what an event puts in is never read as a template again; at Segment, an event
    could put `{{secret}}` where a template has `{{{name}}}`.
    """
    part.program.texts += 1
    text, mode = part.value(argument, Use.ARGUMENT), part.program.mode
    if isinstance(text.value, str) and (mode == "strict" or "{{{" not in text.value):
        return _filled(part, text.value)
    return part.call(_template, text, "event", part.program.constant(mode), undefined=False)


def _filled(part: Part, template: str) -> Piece:
    """Write the parts of a known template as one f-string's worth of additions."""
    codes = []
    for piece in placeholders.pieces(template):
        if isinstance(piece, placeholders.Place):
            codes.append(_shown(part, _place(part, piece.path)))
        else:
            codes.append(ascii(piece))
    if not codes:
        return part.fixed("")
    joined = f"{part.program.define(_joined)}(({', '.join(codes)},))"
    return Piece(part.assign(joined), undefined=False)


def _place(part: Part, path: str) -> str:
    """Write a walk; for the whole of an event that is none, Segment shows an empty one."""
    read = part.read(access.steps(path, part.program.mode))
    is_whole = read.code == "event" and read.undefined
    return part.assign("{} if event is UNDEFINED else event") if is_whole else read.code


def _shown(part: Part, code: str) -> str:
    return f"({code} if type({code}) is str else {part.program.define(shown)}({code}))"


def shown(value: Value) -> str:
    """Write a value into a template: nothing for null and undefined."""
    return "" if value is None or value is UNDEFINED else javascript.string(value)


def _joined(texts: tuple[str, ...]) -> str:
    text = "".join(texts)
    check_text("@template", len(text))
    return text


def _at(path: Value, event: Value, mode: Mode) -> Value:
    text = _text("@path", path)
    return access.look_up(event, access.without_root(text), mode)


def _template(template: Value, event: Value, mode: Mode) -> Value:
    """Fill a template that only the event knows, or that Segment fills twice."""
    text = _text("@template", template)
    event = {} if event is UNDEFINED else event

    def fill(piece: placeholders.Piece) -> str:
        if isinstance(piece, placeholders.Place):
            return shown(access.look_up(event, piece.path, mode))
        return piece

    if mode == "strict":
        return _joined(tuple(map(fill, placeholders.pieces(text))))
    once = _joined(tuple(map(fill, placeholders.triples(text))))
    return _joined(tuple(map(fill, placeholders.doubles(once))))


def _text(name: str, value: Value) -> str:
    if not isinstance(value, str):
        raise MappingError(f"{name}: expected string, got {kind(value)}")
    return value
