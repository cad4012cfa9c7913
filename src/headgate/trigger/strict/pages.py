"""A strict condition in the form that pages evaluate: what Segment calls the FQL's IR, as JSON.

Segment's library for pages knows fewer functions than the language, takes a missing place for
`undefined`, and a comparison of wrong kinds for false. So a condition becomes two expressions, as
in `clauses`: whether it surely holds, and whether it surely does not.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeAlias

from headgate.trigger.errors import TriggerError
from headgate.trigger.strict.kinds import kind_of
from headgate.trigger.strict.syntax import (
    All,
    And,
    Call,
    Comparison,
    Condition,
    Constant,
    Field,
    Items,
    Not,
    Operand,
    Or,
    Scalar,
    Truth,
)

IR: TypeAlias = list[Any]

_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class Pair(NamedTuple):
    """`is_sure` where one of the two holds for every event."""

    holds: IR
    fails: IR
    is_sure: bool

    @property
    def opposite(self) -> Pair:
        return Pair(self.fails, self.holds, self.is_sure)


class _Value(NamedTuple):
    """What a page compares: a path, or a lowercased one."""

    ir: Any
    path: str

    @property
    def is_plain(self) -> bool:
        return isinstance(self.ir, str)

    @property
    def is_null(self) -> IR:
        missing = ["=", ["typeof", self.path], {"value": "undefined"}]
        return ["or", ["=", self.path, {"value": None}], missing]

    @property
    def is_text(self) -> IR:
        return ["=", ["typeof", self.path], {"value": "string"}]


def pair(condition: Condition, *, in_group: bool = True) -> Pair:
    """Compile a condition; null counts as false in a group. Raises `TriggerError`."""
    match condition:
        case All():
            return _constant(holds=True)
        case Not(inner):
            return pair(inner, in_group=False).opposite
        case And(parts):
            return _joined("and", "or", [pair(part) for part in parts])
        case Or(parts):
            return _joined("or", "and", [pair(part) for part in parts])
        case Truth(operand):
            return _truth(operand, in_group=in_group)
        case Comparison():
            return _comparison(condition)


def _joined(how: str, opposite: str, parts: list[Pair]) -> Pair:
    return Pair(
        [how, *[part.holds for part in parts]],
        [opposite, *[part.fails for part in parts]],
        all(part.is_sure for part in parts),
    )


def _constant(*, holds: bool) -> Pair:
    yes = ["=", {"value": True}, {"value": True}]
    no = ["=", {"value": True}, {"value": False}]
    return Pair(yes, no, is_sure=True) if holds else Pair(no, yes, is_sure=True)


def _truth(operand: Operand, *, in_group: bool) -> Pair:
    match operand:
        case Constant(bool() as holds_always):
            return _constant(holds=holds_always)
        case Constant(None):
            never = _constant(holds=False)
            return never if in_group else Pair(never.holds, never.holds, is_sure=False)
        case Field():
            value = _value(operand)
            no: IR = ["=", value.ir, {"value": False}]
            fails = ["or", no, value.is_null] if in_group else no
            return Pair(["=", value.ir, {"value": True}], fails, is_sure=False)
        case Call("contains" | "match" as name, (text, Constant(str() as wanted))):
            value = _value(text)
            holds = [name, value.ir, {"value": wanted}]
            return Pair(holds, _or_null(value, holds), is_sure=False)
    raise _unknown(operand)


def _or_null(value: _Value, holds: IR) -> IR:
    """Fails for null, and for a text for which it does not hold."""
    return ["or", value.is_null, ["and", value.is_text, ["!", holds]]]


def _comparison(comparison: Comparison) -> Pair:
    left, sign, right = comparison.left, comparison.operator, comparison.right
    if sign == "in" and isinstance(right, Items):
        return _among(_value(left), right)
    if isinstance(left, Constant):
        left, right = right, left
        sign = _FLIPPED.get(sign, sign)  # type: ignore[assignment]
    if not isinstance(right, Constant):
        raise _unknown(right)
    value = _value(left)
    if sign in _OPPOSITE:
        return _order(value, sign, right)
    equality = _equality(value, right.value)
    return equality.opposite if sign == "!=" else equality


def _among(value: _Value, items: Items) -> Pair:
    """Of a list or an object in place of one value it cannot be told."""
    equal = _joined("or", "and", [_equality(value, each) for each in items.values])
    is_single = ["or", value.is_null, ["!", ["=", ["typeof", value.path], {"value": "object"}]]]
    return Pair(equal.holds, ["and", is_single, equal.fails], is_sure=False)


def _equality(value: _Value, other: Scalar) -> Pair:
    if other is None:
        fails = ["!", value.is_null] if value.is_plain else value.is_text
        return Pair(value.is_null, fails, value.is_plain)
    holds = ["=", value.ir, {"value": other}]
    if value.is_plain:
        return Pair(holds, ["!", holds], is_sure=True)
    return Pair(holds, _or_null(value, holds), is_sure=False)


def _order(value: _Value, sign: str, other: Constant) -> Pair:
    if kind_of(other.value) != "number" or not value.is_plain:
        raise TriggerError(f"pages compare numbers only by `{sign}`", other.span.start)
    right = {"value": other.value}
    return Pair([sign, value.ir, right], [_OPPOSITE[sign], value.ir, right], is_sure=False)


def _value(operand: Operand) -> _Value:
    match operand:
        case Field(keys):
            if any("." in key for key in keys):
                raise TriggerError("pages know no keys with dots in them", operand.span.start)
            return _Value(".".join(keys), ".".join(keys))
        case Call("lowercase", (Field() as field,)):
            path = _value(field).path
            return _Value(["lowercase", path], path)
    raise _unknown(operand)


def _unknown(operand: Operand) -> TriggerError:
    if isinstance(operand, Call):
        told = f"pages cannot evaluate `{operand.function}()` here"
    else:
        told = "pages compare one field with constants only"
    known = "they know =, !=, <, in, contains, match and lowercase, of one field and constants"
    return TriggerError(f"{told}: {known}", operand.span.start)
