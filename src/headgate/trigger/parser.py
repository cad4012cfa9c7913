"""Reading a trigger: a recursive descent over the tokens, one method for each rule.

    condition  = both { "or" both }
    both       = single { "and" single }
    single     = "(" condition ")" | "!" "(" condition ")" | "all" | comparison
    comparison = subject ( "=" | "!=" ) ( string | number | "true" | "false" | "null" )

`and` binds tighter than `or`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, cast

from headgate.trigger.errors import TriggerError
from headgate.trigger.lexer import Kind, tokens
from headgate.trigger.syntax import All, And, Comparison, Not, Or

if TYPE_CHECKING:
    from headgate.trigger.lexer import Token
    from headgate.trigger.syntax import Condition, Constant, Operator, Subject

LONGEST = 5 * 1024
"""Bytes of a trigger, as Segment limits a query (domain section 7)."""

DEEPEST = 50
"""Levels of parentheses; deeper ones are refused before they exhaust the stack."""

PLAIN_SUBJECTS = frozenset({"type", "event", "name", "userId"})
PARTED_SUBJECTS = frozenset({"properties", "traits", "context"})
CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}

_FUNCTIONS = frozenset(
    {
        "bool",
        "contains",
        "kebabcase",
        "length",
        "lowercase",
        "match",
        "number",
        "snakecase",
        "string",
        "titlecase",
        "typeof",
        "uppercase",
    }
)
_LATER_OPERATORS = frozenset({"<", "<=", ">", ">=", "in"})
_KEYWORDS = frozenset({"and", "or", "all", "in", *CONSTANTS})
_SUBJECTS = "type, event, name, userId, properties.…, traits.… or context.…"


def parse(text: str) -> Condition:
    """Read a whole trigger. Raises `TriggerError` at the first token that does not fit."""
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise TriggerError(f"a trigger is at most {LONGEST} bytes long", len(text))
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
            self._expected("`and`, `or` or the end")
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
        if self._take("("):
            return self._inside()
        if self._take("!"):
            return self._negated()
        if self._take("all"):
            return All()
        subject = self._subject()
        return Comparison(subject, self._operator(), self._constant())

    def _inside(self) -> Condition:
        """A condition and its closing parenthesis; the opening one is taken."""
        self._depth += 1
        if self._depth > DEEPEST:
            self._refuse(f"parentheses are nested deeper than {DEEPEST} levels")
        condition = self._condition()
        if not self._take(")"):
            self._expected("`and`, `or` or `)`")
        self._depth -= 1
        return condition

    def _negated(self) -> Condition:
        if self._take("("):
            return Not(self._inside())
        self._refuse_function()
        return self._expected("`(` after `!`")

    def _subject(self) -> Subject:
        token = self._next
        if token.kind is not Kind.WORD or token.text in _KEYWORDS:
            self._expected('a condition such as `type = "track"`')
        self._refuse_function()
        first, *parts = token.path
        if first in PLAIN_SUBJECTS and parts:
            self._refuse(f"`{first}` has no parts: expected `{first}` alone")
        if first in PARTED_SUBJECTS and not parts:
            self._expected(f"a name after `{first}`, as in `{first}.plan`")
        if first not in PLAIN_SUBJECTS | PARTED_SUBJECTS:
            self._refuse(f"`{first}` cannot be tested yet: expected {_SUBJECTS}")
        self._at += 1
        return token.path

    def _operator(self) -> Operator:
        token = self._next
        if self._take("=") or self._take("!="):
            return cast("Operator", token.text)
        if token.text in _LATER_OPERATORS:
            self._refuse(f"`{token.text}` is not available yet: expected `=` or `!=`")
        return self._expected("`=` or `!=`")

    def _constant(self) -> Constant:
        token = self._next
        if token.kind in (Kind.STRING, Kind.NUMBER):
            self._at += 1
            return token.value
        if token.kind is Kind.WORD and token.text in CONSTANTS:
            self._at += 1
            return CONSTANTS[token.text]
        return self._expected("a text in quotes, a number, true, false or null")

    def _refuse_function(self) -> None:
        """Refuse a call, by its name; a word that no parenthesis follows is none."""
        word = self._next
        if word.kind is Kind.WORD and self._tokens[self._at + 1].text == "(":
            problem = "is not available yet" if word.text in _FUNCTIONS else "is no function"
            raise TriggerError(f"`{word.text}()` {problem}", word.position)

    def _take(self, text: str) -> bool:
        """Go on when the next token is this keyword or symbol."""
        if self._next.text != text or self._next.kind not in (Kind.WORD, Kind.SYMBOL):
            return False
        self._at += 1
        return True

    def _expected(self, what: str) -> NoReturn:
        self._refuse(f"expected {what}, found {self._next.shown}")

    def _refuse(self, why: str) -> NoReturn:
        raise TriggerError(why, self._next.position)
