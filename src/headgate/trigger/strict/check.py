"""What a trigger that can be read may still get wrong: fields, arguments and kinds of values.

Only what can never hold for want of the right kind is refused: a field may hold anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.trigger.errors import TriggerError
from headgate.trigger.strict.fields import PARTED, PLAIN, ROOTS, nearest
from headgate.trigger.strict.functions import FUNCTIONS
from headgate.trigger.strict.globs import GlobError, compile_glob
from headgate.trigger.strict.kinds import ANY, ORDERED, SCALAR, kind_of, kinds, shown
from headgate.trigger.strict.syntax import Call, Constant, Field, Items

if TYPE_CHECKING:
    from headgate.trigger.strict.kinds import Kinds
    from headgate.trigger.strict.lexer import Token
    from headgate.trigger.strict.syntax import Comparison, Keys, Operand

_CONDITIONS = kinds("bool null")


def known_field(word: Token) -> Keys:
    """Give the keys of a field, with the name that the event has for it."""
    first, *parts = word.path
    root = ROOTS.get(first)
    if root is None:
        raise TriggerError(_unknown(word.text, first, is_path=bool(parts)), word.position)
    if root in PLAIN and parts:
        raise TriggerError(f"`{first}` has no parts: expected `{first}` alone", word.position)
    return (root, *parts)


def _unknown(text: str, first: str, *, is_path: bool) -> str:
    if near := nearest(first):
        return f"`{first}` is no field of an event; did you mean `{near}`?"
    quotes = "" if is_path else f'a text stands in quotes: "{text}"; '
    fields = ", ".join((*PLAIN, *PARTED))
    return f"`{first}` is no field of an event; {quotes}the fields are {fields}"


def check_truth(operand: Operand, after: Token) -> None:
    """Refuse what is neither true nor false, and has no comparison after it."""
    if not _kinds(operand) & _CONDITIONS:
        raise TriggerError(
            "expected `=` or another comparison with this value, found"
            f" {after.shown}: {shown(_kinds(operand))} alone is no condition",
            after.position,
        )


def check_call(call: Call) -> Call:
    """Refuse arguments that the function can never take."""
    function = FUNCTIONS[call.function]
    takes = len(function.parameters)
    if len(call.arguments) != takes:
        count = f"takes {takes} argument{'s' if takes > 1 else ''}, not {len(call.arguments)}"
        raise TriggerError(f"`{call.function}()` {count}", call.span.start)
    for argument, allowed in zip(call.arguments, function.parameters, strict=True):
        _check_kinds(argument, allowed, f"`{call.function}()` takes {shown(allowed - {'null'})}")
    if call.function == "match":
        _check_pattern(call.arguments[1])
    return call


def _check_pattern(pattern: Operand) -> None:
    if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
        return
    try:
        compile_glob(pattern.value)
    except GlobError as error:
        where = pattern.span.start + 1 + error.position
        raise TriggerError(f"in a pattern: {error}", where) from None


def check_comparison(comparison: Comparison, position: int) -> None:
    """Refuse kinds that the operator never compares; `position` is its place."""
    left, sign, right = comparison.left, comparison.operator, comparison.right
    if sign in ("=", "!="):
        return
    if sign == "in":
        _check_kinds(left, SCALAR, "before `in` stands a single value")
        _check_kinds(right, kinds("list"), "after `in` stands a list")
        return
    for operand in (left, right):
        _check_kinds(operand, ORDERED, f"`{sign}` compares numbers, or texts by the alphabet")
    if not _kinds(left) & _kinds(right) & ORDERED:
        both = f"{shown(_kinds(left) & ORDERED)} is never {sign} {shown(_kinds(right) & ORDERED)}"
        raise TriggerError(both, position)


def _check_kinds(operand: Operand, allowed: Kinds, rule: str) -> None:
    actual = _kinds(operand)
    if not actual & allowed:
        raise TriggerError(f"{rule}, not {shown(actual)}", operand.span.start)


def _kinds(operand: Operand) -> Kinds:
    match operand:
        case Constant(value):
            return frozenset({kind_of(value)})
        case Items():
            return frozenset({"list"})
        case Call(function):
            return FUNCTIONS[function].returns
        case Field():
            return ANY
