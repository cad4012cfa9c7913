"""What a strict trigger means, as clauses of a program.

A comparison that cannot be told, as of a text with `<` and a number, is neither true nor false,
and so is its opposite. `and` and `or` follow: `false and x` is false, `true or x` is true,
whatever x is. A trigger matches when it is surely true, so that what a filter cannot tell is
not sent. This is why every clause has two expressions, and a negation only changes which one
is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.trigger.program import Clause, Joined, Place
from headgate.trigger.strict import functions, printer, values
from headgate.trigger.strict.functions import FUNCTIONS, matcher
from headgate.trigger.strict.globs import compile_glob, literals
from headgate.trigger.strict.kinds import kind_of
from headgate.trigger.strict.syntax import (
    All,
    And,
    Call,
    Comparison,
    Constant,
    Field,
    Items,
    Not,
    Or,
    Truth,
)

if TYPE_CHECKING:
    from headgate.trigger.program import Program
    from headgate.trigger.strict.syntax import Condition, Keys, Operand, Operator

_NAMES: dict[str, object] = {
    "ERROR": functions.ERROR,
    "bool": bool,
    "dict": dict,
    "equal": values.equal,
    "float": float,
    "int": int,
    "is_in": values.is_in,
    "ordered": values.ordered,
    "str": str,
    "type": type,
    "walk": values.walk,
    **{f"run_{name}": function.run for name, function in FUNCTIONS.items()},
}

_FLIPPED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DEEPEST_INLINE = 4


def program(condition: Condition) -> tuple[Program, dict[str, object]]:
    """Give the program of a condition, and the names that its clauses use."""
    compilation = _Compilation()
    return compilation.condition(condition, wanted=True, in_group=False), compilation.names


class _Compilation:
    """One run of the compiler, which collects the constants that have no Python text."""

    def __init__(self) -> None:
        self.names = dict(_NAMES)

    def condition(self, condition: Condition, *, wanted: bool, in_group: bool) -> Program:
        """Compile a condition or, where it is not wanted, its opposite.

        Null counts as false as a part of `and` and `or`, but `!` takes only true and false.
        """
        match condition:
            case Not(inner):
                return self.condition(inner, wanted=not wanted, in_group=False)
            case And(conditions) | Or(conditions):
                parts = [self.condition(c, wanted=wanted, in_group=True) for c in conditions]
                return Joined("and" if isinstance(condition, And) is wanted else "or", tuple(parts))
            case All(span):
                return Clause(*span, "True", "False", wanted=wanted)
            case Truth(operand):
                holds, fails = self._truth(operand, in_group=in_group)
            case Comparison():
                holds, fails = self._comparison(condition)
        return Clause(*condition.span, holds, fails, tuple(_places(condition)), wanted)

    def _truth(self, operand: Operand, *, in_group: bool) -> tuple[str, str]:
        if isinstance(operand, Call) and (test := self._text_test(operand)):
            value = self._operand(operand.arguments[0])
            is_text = f"type(v := {value}) is str"
            return f"({is_text} and {test})", f"(({is_text} and not {test}) or v is None)"
        value = self._operand(operand)
        if in_group:
            return f"{value} is True", f"((v := {value}) is False or v is None)"
        return f"{value} is True", f"{value} is False"

    def _text_test(self, call: Call) -> str | None:
        """The test that a call with a known text makes of `v`, itself a text."""
        match call:
            case Call("contains", (_, Constant(str() as part))):
                return f"({part!r} in v)"
            case Call("match", (_, Constant(str() as pattern))):
                return self._glob_test(pattern)
        return None

    def _glob_test(self, pattern: str) -> str:
        match literals(pattern):
            case (whole,):
                return f"(v == {whole!r})"
            case (start, ""):
                return f"v.startswith({start!r})"
            case ("", end):
                return f"v.endswith({end!r})"
        return f"{self._bound(compile_glob(pattern))}(v)"

    def _comparison(self, comparison: Comparison) -> tuple[str, str]:
        left, sign, right = comparison.left, comparison.operator, comparison.right
        if sign == "in":
            return self._general(f"is_in({self._operand(left)}, {self._operand(right)})")
        if isinstance(left, Constant) and not isinstance(right, Constant):
            left, sign, right = right, _FLIPPED.get(sign, sign), left
        if sign == "!=":
            same, other = self._equality(left, right)
            return other, same
        return self._equality(left, right) if sign == "=" else self._order(left, sign, right)

    def _general(self, call: str) -> tuple[str, str]:
        return f"{call} is True", f"{call} is False"

    def _equality(self, left: Operand, right: Operand) -> tuple[str, str]:
        value = self._operand(left)
        if not isinstance(right, Constant) or isinstance(left, Constant):
            return self._general(f"equal({value}, {self._operand(right)})")
        other = right.value
        told = f"(v := {value}) is not ERROR and v" if isinstance(left, Call) else value
        if other is None or isinstance(other, bool):
            return f"{value} is {other}", f"({told} is not {other})"
        if isinstance(other, str) or other not in (0, 1):
            return f"{value} == {other!r}", f"({told} != {other!r})"
        # Python takes True for 1, and False for 0.
        number = f"type(v := {value}) is not bool and v == {other!r}"
        return f"({number})", f"(not ({number}) and v is not ERROR)"

    def _order(self, left: Operand, sign: Operator, right: Operand) -> tuple[str, str]:
        value = self._operand(left)
        if not isinstance(right, Constant):
            return self._general(f"ordered({value}, {self._operand(right)}, {sign!r})")
        kind = "str" if kind_of(right.value) == "string" else "int or type(v) is float"
        comparable = f"(type(v := {value}) is {kind}) and"
        test = f"v {sign} {right.value!r}"
        return f"({comparable} {test})", f"({comparable} not {test})"

    def _operand(self, operand: Operand) -> str:
        match operand:
            case Constant(value):
                return repr(value)
            case Items(items):
                return self._bound(list(items))
            case Field(keys):
                return _reading(keys)
            case Call("match", (text, Constant(str() as pattern))):
                return f"{self._bound(matcher(pattern))}({self._operand(text)})"
            case Call(function, arguments):
                return f"run_{function}({', '.join(map(self._operand, arguments))})"

    def _bound(self, value: object) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name


def _reading(keys: Keys) -> str:
    """Walk down objects, as `walk` does; the usual depths without a call."""
    first, *others = keys
    inner = f"event.get({first!r})"
    if len(others) > _DEEPEST_INLINE:
        return f"walk({inner}, {tuple(others)!r})"
    for key in others:
        inner = f"(o.get({key!r}) if type(o := {inner}) is dict else None)"
    return inner


def _places(condition: Truth | Comparison) -> list[Place]:
    """The fields that a clause looks at, each once."""
    operands = (
        [condition.operand] if isinstance(condition, Truth) else [condition.left, condition.right]
    )
    fields: dict[Keys, None] = {}
    while operands:
        operand = operands.pop(0)
        if isinstance(operand, Field):
            fields[operand.keys] = None
        elif isinstance(operand, Call):
            operands += operand.arguments
    return [Place(printer.path(keys), _reading(keys)) for keys in fields]
