"""Reading a trigger: a recursive descent over the tokens, one method for each rule.

    condition = both { "or" both }
    both      = single { "and" single }
    single    = "(" condition ")" | "all" | test | "!" ( single, but no comparison )
    test      = operand [ ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) operand ]
    operand   = field | constant | list | function "(" operand { "," operand } ")"
    list      = "[" [ constant { "," constant } ] "]"
    constant  = string | number | "true" | "false" | "null"

`and` binds tighter than `or`. What `!` before a comparison means is not documented, so such a
text is refused: parentheses say it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, cast

from headgate.trigger.errors import TriggerError
from headgate.trigger.strict.check import check_call, check_comparison, check_truth, known_field
from headgate.trigger.strict.functions import FUNCTIONS
from headgate.trigger.strict.lexer import Kind, tokens
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
    Span,
    Truth,
)

if TYPE_CHECKING:
    from headgate.trigger.strict.lexer import Token
    from headgate.trigger.strict.syntax import Condition, Operand, Operator, Scalar

LONGEST = 5 * 1024
"""Bytes of a trigger, as Segment limits a query (domain section 7)."""

DEEPEST = 50
"""Levels of parentheses, calls and negations; deeper ones would exhaust the stack."""

OPERATORS = frozenset({"=", "!=", "<", "<=", ">", ">=", "in"})
CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_KEYWORDS = frozenset({"and", "or", "all", "in"})
_MISTAKES = {"AND": "and", "OR": "or", "NOT": "!", "not": "!", "ALL": "all", "IN": "in"}
_HINTS = {word: f"it is written `{right}`" for word, right in _MISTAKES.items()} | {
    "[": "elements of a list have no places of their own; `in` and `length()` look at lists"
}
_MORE = "`and`, `or` or the end"


def parse(text: str) -> Condition:
    """Read a whole trigger. Raises `TriggerError` at the first token that does not fit."""
    if len(text) > LONGEST or len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise TriggerError(f"a trigger is at most {LONGEST} bytes long: split it in two", 0)
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = tuple(tokens(text))
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def whole(self) -> Condition:
        condition = self._condition()
        if self._next.kind is not Kind.END:
            self._expected(_MORE)
        return condition

    def _condition(self) -> Condition:
        alternatives = [self._both()]
        while self._take("or"):
            alternatives.append(self._both())
        return alternatives[0] if len(alternatives) == 1 else Or(tuple(alternatives))

    def _both(self) -> Condition:
        conditions = [self._single()]
        while self._take("and"):
            conditions.append(self._single())
        return conditions[0] if len(conditions) == 1 else And(tuple(conditions))

    def _single(self) -> Condition:
        token = self._next
        if self._take("("):
            return self._inside()
        if self._take("!"):
            return self._negated()
        if self._take("all"):
            return All(token.span)
        operand = self._operand('a condition such as `type = "track"`')
        if self._next.text not in OPERATORS or self._next.kind is Kind.STRING:
            return self._truth(operand)
        return self._comparison(operand)

    def _inside(self) -> Condition:
        """A condition and its closing parenthesis; the opening one is taken."""
        self._deeper()
        condition = self._condition()
        if not self._take(")"):
            self._expected("`and`, `or` or `)`")
        self._depth -= 1
        return condition

    def _negated(self) -> Condition:
        """What follows a `!`."""
        self._deeper()
        token = self._next
        if self._take("("):
            inner = self._inside()
        elif self._take("!"):
            inner = self._negated()
        elif self._take("all"):
            inner = All(token.span)
        else:
            inner = self._truth(self._operand("what `!` negates: a condition in parentheses"))
        if self._next.text in OPERATORS and self._next.kind is not Kind.STRING:
            self._refuse(f"`!` before a `{self._next.text}`: write !( ... ) around the comparison")
        self._depth -= 1
        return Not(inner)

    def _truth(self, operand: Operand) -> Condition:
        check_truth(operand, self._next)
        return Truth(operand)

    def _comparison(self, left: Operand) -> Condition:
        sign = self._next
        self._at += 1
        if sign.text == "=" and self._next.text == "=" and self._next.kind is Kind.SYMBOL:
            self._refuse("`==` is written `=` here")
        right = self._operand("a text in quotes, a number, true, false, null, a list or a field")
        if self._next.text in OPERATORS and self._next.kind is not Kind.STRING:
            self._refuse("only two values can be compared at a time: join comparisons with `and`")
        comparison = Comparison(left, cast("Operator", sign.text), right)
        check_comparison(comparison, sign.position)
        return comparison

    def _operand(self, what: str) -> Operand:
        token = self._next
        if token.text == "[" and token.kind is Kind.SYMBOL:
            return self._list()
        if token.kind is Kind.WORD and self._tokens[self._at + 1].text == "(":
            return self._call()
        if self._is_constant(token):
            return Constant(self._constant(), token.span)
        if token.kind is not Kind.WORD or token.text in _KEYWORDS:
            self._expected(what)
        if (right := _MISTAKES.get(token.text)) is not None:
            self._refuse(f"`{token.text}` is written `{right}` here")
        self._at += 1
        return Field(known_field(token), token.span)

    def _call(self) -> Call:
        """A call, with as many arguments as its function takes."""
        name = self._next
        if name.text not in FUNCTIONS:
            self._refuse(_no_function(name.text))
        self._at += 2
        self._deeper()
        arguments = [self._operand(f"what `{name.text}()` takes")]
        while self._take(","):
            arguments.append(self._operand(f"what `{name.text}()` takes"))
        end = self._next
        if not self._take(")"):
            self._expected("`,` or `)`")
        self._depth -= 1
        span = Span(name.position, end.span.end)
        return check_call(Call(name.text, tuple(arguments), span))

    def _list(self) -> Items:
        start = self._next
        self._at += 1
        values: list[Scalar] = []
        while not self._take("]"):
            if values and not self._take(","):
                self._expected("`,` or `]`")
            if not self._is_constant(self._next):
                self._expected("a text in quotes, a number, true, false or null in the list")
            values.append(self._constant())
        return Items(tuple(values), Span(start.position, self._tokens[self._at - 1].span.end))

    def _is_constant(self, token: Token) -> bool:
        is_word = token.kind is Kind.WORD and token.text in CONSTANTS
        return is_word or token.kind in (Kind.STRING, Kind.NUMBER)

    def _constant(self) -> Scalar:
        token = self._next
        self._at += 1
        return CONSTANTS[token.text] if token.kind is Kind.WORD else token.value

    def _take(self, text: str) -> bool:
        """Go on when the next token is this keyword or symbol."""
        if self._next.text != text or self._next.kind not in (Kind.WORD, Kind.SYMBOL):
            return False
        self._at += 1
        return True

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self._refuse(f"conditions and calls are nested deeper than {DEEPEST} levels")

    def _expected(self, what: str) -> NoReturn:
        hint = _HINTS.get(self._next.text, "")
        self._refuse(f"expected {what}, found {self._next.shown}{hint and f': {hint}'}")

    def _refuse(self, why: str) -> NoReturn:
        raise TriggerError(why, self._next.position)


def _no_function(name: str) -> str:
    others = {"startswith": '`match(event, "x*")`', "endswith": '`match(event, "*x")`'}
    instead = others.get(name.lower().replace("_", ""))
    there_are = f"write {instead}" if instead else f"there are {', '.join(sorted(FUNCTIONS))}"
    return f"`{name}()` is no function; {there_are}"
