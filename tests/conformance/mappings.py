"""Mappings and the events that they meet: realistic ones, nasty ones, and some that are refused.

Keys and paths come from one small vocabulary, so that paths lead somewhere. No key is the name of
something that every JavaScript object inherits: what the originals make of those is an accident.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.conformance import liquid_templates

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from headgate.mapping import Json

    Values = SearchStrategy[Any]

KEYS = ("a", "b", "c", "items", "id", "email", "0", "x y", "ünï", "$", "", "a[b]", "length")
TEXTS = (
    *("", " ", "a", "b", "Abc dEF", "ß İ ǆ", "héllo 😀", "\ud83d", "a.b", "aXbXc", "$& $$ $` $1"),
    *("{{a}}", "{{{b}}}", '{"b":[1,{"a":null}]}', "[1,2", "null", "007", "1e3", "NaN", "true"),
    *("2021-02-01T00:00:00.000Z", "line\nbreak\ttab", "\u2028", "[object Object]", "x" * 40),
)
NUMBERS = (0, 1, -1, 2, 42, 1.0, -0.0, 0.1, -1.5, 1e21, 1e-7, 123456789012, 5e-324, 1.7e308)
SCALARS = (None, True, False, *NUMBERS, *TEXTS)
PATHS = (
    *("", ".", "$.", "$", "a", "$.a", "$.a.b", "a.b.c", "b.0", "items[0]", "$.items[0].id"),
    *('a["b"]', "a['x y']", "x y", "ünï.a", "a..b", ".a", "a.", "items.length", "a.0", "a[b]"),
    *("$.items", "items.id", "b[00]", "b[1]]", "a.$.b", "a $.b", "email", "$.email", "0", "nope"),
    *("c.length", "b.c.a.id", "items[0][1]", " a", 'b"', "a[-1]", "$.$.a", "$.a$.b"),
)
PIECES = (
    *("", "x", " ", "{{", "}}", "{{}}", "{{ }}", "{{{}}}", "{", "}", "{{{{a}}}}", "{{a}", "é😀"),
    *("{{$.a}}", "{{ items.0.id }}", "{{{ b }}}", "{{{a}}", "{{a}}}", "{{a\n}}", "{{email}}"),
)
PATTERNS = ("a", "b", "X", " ", ".", "$", "é", "😀", "\\", "(", "a-b", "^", "#", "ab", "0123456789")
REPLACEMENTS = ("", "y", "$&", "$$", "$1", "$`", "$'", "[$&]", "\\", "0123456789", "$<a>")
SHORT = 3  # members of an object, elements of a list
DEEP = 3  # levels of an event and of a mapping


def values(depth: int = DEEP) -> Values:
    """Any JSON of the vocabulary."""
    return _values(depth)


def events() -> Values:
    return _objects(_values(DEEP), 6)


def mappings() -> SearchStrategy[Json]:
    """Mostly objects of fields; also root directives, rewritten roots and what is no mapping."""
    fields = _objects(_members(DEEP), 4)
    return _one_of((fields, 12), (_directives(DEEP), 3), (_rewritten(), 1), (_values(1), 1))


@cache
def _values(depth: int) -> Values:
    scalars = st.sampled_from(SCALARS)
    if not depth:
        return scalars
    inner = _values(depth - 1)
    return _one_of((scalars, 3), (_objects(inner, SHORT), 2), (_lists(inner), 2))


def _objects(members: Values, most: int) -> Values:
    return st.dictionaries(st.sampled_from(KEYS), members, max_size=most)


def _lists(elements: Values) -> Values:
    return st.lists(elements, max_size=SHORT)


def _one_of(*choices: tuple[Values, int]) -> Values:
    """Choose by weight; the first one is what a failing case shrinks to."""
    weighted = [choice for choice, weight in choices for _ in range(weight)]
    return st.integers(0, len(weighted) - 1).flatmap(lambda at: weighted[at])


@cache
def _members(depth: int) -> Values:
    """What stands somewhere in a mapping: a plain value, structure, or a directive."""
    scalars = st.sampled_from(SCALARS)
    if not depth:
        return _one_of((_directives(0), 3), (scalars, 1))
    inner = _members(depth - 1)
    return _one_of(
        (_directives(depth), 8), (scalars, 2), (_objects(inner, SHORT), 2), (_lists(inner), 1)
    )


@cache
def _directives(depth: int) -> Values:
    """Directives that are right; one in forty is not what it should be."""
    named = st.sampled_from(tuple(_DIRECTIVES) if depth else _SIMPLE).flatmap(
        lambda name: st.fixed_dictionaries({name: _DIRECTIVES[name](max(depth - 1, 0))})
    )
    return _one_of((named, 39), (_spoilt(named, depth), 1))


@st.composite
def _spoilt(draw: Callable[[Values], Any], directives: Values, depth: int) -> Any:
    """A directive with another argument, with one more key, or without a part of its argument."""
    directive = draw(directives)
    ((name, argument),) = directive.items()
    match draw(st.integers(0, 3)):
        case 0:
            return {name: draw(_members(max(depth - 1, 0)))}
        case 1:
            return {**directive, draw(st.sampled_from(_MORE_KEYS)): draw(_values(1))}
        case 2 if isinstance(argument, dict) and argument:
            part = draw(st.sampled_from(sorted(argument)))
            changed = draw(_members(max(depth - 1, 0)))
            return {name: {**argument, part: changed}}
        case _ if isinstance(argument, dict) and argument:
            part = draw(st.sampled_from(sorted(argument)))
            return {name: {key: argument[key] for key in argument if key != part}}
    return {draw(st.sampled_from(_MORE_KEYS)): argument}


_MORE_KEYS = ("@path", "@nope", "_metadata", "a", "@", "@if")


def _texts_or(depth: int, texts: Values) -> Values:
    return _one_of((texts, 14), (_members(depth), 1))


def _path(depth: int) -> Values:
    return _texts_or(depth, st.sampled_from(PATHS))


def _template(depth: int) -> Values:
    placeholders = st.sampled_from(PATHS).map("{{{{{}}}}}".format)
    pieces = st.one_of(placeholders, st.sampled_from(PIECES))
    return _texts_or(depth, st.lists(pieces, max_size=4).map("".join))


def _if(depth: int) -> Values:
    part = _members(depth)
    optional = {"blank": part, "then": part, "else": part}
    exists = st.fixed_dictionaries({"exists": part}, optional=optional)
    blank = st.fixed_dictionaries({"blank": part}, optional={"then": part, "else": part})
    return _one_of((exists, 2), (blank, 1))


def _case(depth: int) -> Values:
    operators = st.sampled_from(("lower", "upper") * 6 + ("Upper", ""))
    value = _texts_or(depth, st.sampled_from(TEXTS)) | _directives(depth)
    return st.fixed_dictionaries({"operator": operators}, optional={"value": value})


def _replace(depth: int) -> Values:
    flags = st.booleans()
    more = {
        "replacement": st.sampled_from(REPLACEMENTS),
        "pattern2": st.sampled_from(PATTERNS),
        "replacement2": st.sampled_from(REPLACEMENTS),
        "ignorecase": flags,
        "global": flags,
    }
    value = _directives(depth) | st.sampled_from(TEXTS)
    needed = {"pattern": st.sampled_from(PATTERNS), "value": value}
    return st.fixed_dictionaries(needed, optional=more)


def _array_path(depth: int) -> Values:
    shapes = _one_of((_objects(_members(depth), SHORT), 3), (_members(depth), 1))
    return _one_of((st.tuples(_path(depth), shapes), 4), (st.tuples(_path(depth)), 1)).map(list)


def _merge(depth: int) -> Values:
    directions = st.sampled_from(("left", "right", "LEFT", "Right"))
    merged = _one_of((_directives(depth), 3), (_objects(_members(depth), SHORT), 2))
    return st.fixed_dictionaries({"objects": _lists(merged), "direction": directions})


def _json(depth: int) -> Values:
    modes = st.sampled_from(("encode", "decode", "encode", "decode", "ENCODE"))
    texts = st.sampled_from(TEXTS)
    return st.fixed_dictionaries({"value": _members(depth) | texts, "mode": modes})


def _flatten(depth: int) -> Values:
    separators = st.sampled_from((".", "_", "--", " ", "@"))
    needed = {"value": _members(depth), "separator": separators}
    return st.fixed_dictionaries(needed, optional={"omitArrays": st.booleans() | _values(0)})


def _transform(depth: int) -> Values:
    part = _one_of((_objects(_members(depth), SHORT), 3), (_directives(depth), 1))
    return st.fixed_dictionaries({"apply": part, "mapping": part})


def _liquid(_: int) -> Values:
    """Templates that do not count: the original leaves its counters in the event, for others."""
    outputs = st.sampled_from(PATHS).map("{{{{ {} }}}}".format)
    whole = liquid_templates.templates().filter(lambda text: "crement" not in text)
    return _one_of((outputs, 7), (whole, 1))


def _plain(depth: int) -> Values:
    return _members(depth)


_DIRECTIVES: dict[str, Callable[[int], Values]] = {
    "@path": _path,
    "@template": _template,
    "@if": _if,
    "@case": _case,
    "@replace": _replace,
    "@arrayPath": _array_path,
    "@merge": _merge,
    "@json": _json,
    "@flatten": _flatten,
    "@transform": _transform,
    "@literal": _plain,
    "@excludeWhenNull": _plain,
    "@liquid": _liquid,
}
_SIMPLE = ("@path", "@template", "@path", "@literal")


def _rewritten() -> Values:
    """Roots whose one directive takes all other keys as its mapping."""
    fields = _objects(_members(1), SHORT)
    inner = _one_of((_transform(1).map(lambda it: {"@transform": it}), 3), (_members(1), 1))
    return st.tuples(fields, inner).map(
        lambda pair: {**pair[0], "__segment_internal_directive": pair[1]}
    )
