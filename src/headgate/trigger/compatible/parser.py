"""Taking a text apart as Segment does (kit-behaviour 8.2 and 8.3)."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from headgate.trigger.compatible.lexer import Token, joined, tokens, units
from headgate.trigger.conditions import NAMED, PLAIN, Condition, Group, Subject, Value, text_of
from headgate.trigger.errors import TriggerError
from headgate.trigger.numerals import number, shortest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.trigger.conditions import Node

LONGEST = 64 * 1024
"""Bytes of a text; Segment has no such limit."""

_BY_ROOT: dict[str, Subject] = {root: subject for subject, root in (PLAIN | NAMED).items()}
_FUNCTIONS = ("contains", "match")
_NOTHING = "Segment finds no condition here that it knows, or a parenthesis that never closes"


class Span(NamedTuple):
    """Where a condition stands, in characters of the text."""

    start: int
    end: int


class Parsed(NamedTuple):
    """The structure, and the place of each condition (or empty group) in the order of reading."""

    group: Group
    spans: tuple[Span, ...]


def parse(text: str) -> Parsed:
    """Take a text apart. Raises `TriggerError` for what Segment calls an invalid subscription."""
    if len(text) > LONGEST or len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise TriggerError(f"a trigger is at most {LONGEST} bytes long in compatible mode", 0)
    in_units = units(text)
    parser = _Parser(in_units)
    node = parser.level(_glued(tokens(in_units)))
    if node is None:
        raise TriggerError(_NOTHING, 0)
    group = node if isinstance(node, Group) else Group("and", (node,))
    return Parsed(group, tuple(parser.spans))


def _glued(found: Sequence[Token]) -> tuple[Token, ...]:
    """Make one word of words with single dots between them."""
    result: list[Token] = []
    for token in found:
        if token.kind == "ident" and [each.kind for each in result[-2:]] == ["ident", "dot"]:
            result.pop()
            before = result.pop()
            path = f"{before.text}.{token.text}"
            result.append(Token("ident", path, before.start, token.end))
        else:
            result.append(token)
    return tuple(result)


class _Parser:
    def __init__(self, in_units: str) -> None:
        self._places = _places(in_units)
        self.spans: list[Span] = []

    def level(self, found: Sequence[Token]) -> Node:
        """Read what stands between two parentheses, or all; None when nothing is recognised."""
        nodes: list[Node] = []
        operator: Literal["and", "or"] = "and"
        at = 0
        while at < len(found):
            token = found[at]
            if token.kind == "conditional":
                operator = cast("Literal['and', 'or']", token.text)  # the last one counts for all
                at += 1
            elif token.text == "(" and token.kind == "paren":
                end = self._closing(found, at)
                nodes.append(self._inside(found[at : end + 1]))
                at = end + 1
            else:
                count, condition = self._single(found[at : at + 7])
                nodes += condition
                at += count
        if len(nodes) > 1:
            return Group(operator, tuple(nodes))
        return nodes[0] if nodes else None

    def _closing(self, found: Sequence[Token], at: int) -> int:
        """Where the next `)` stands, whatever it belongs to."""
        for end in range(at, len(found)):
            if found[end].kind == "paren" and found[end].text == ")":
                return end
        raise TriggerError(
            "Segment takes the first `)` for the end of this parenthesis, so none may be nested"
            " in it, and it finds none",
            self._places(found[at].start),
        )

    def _inside(self, found: Sequence[Token]) -> Node:
        end = Token("eos", "eos", found[-1].start, found[-1].start)
        node = self.level((*found[1:-1], end))
        if node is None:
            self._note(found[0], found[-1])
        return node

    def _single(self, ahead: Sequence[Token]) -> tuple[int, list[Node]]:
        """Read a condition; gives how many tokens it takes. Others are skipped, one by one."""
        token = ahead[0]
        if token.kind == "operator" and token.text == "!":
            if len(ahead) > 1 and ahead[1].kind == "ident" and ahead[1].text in _FUNCTIONS:
                return 7, self._call(ahead[1:], ahead[0], "not_")
        elif token.kind == "ident" and token.text in _FUNCTIONS:
            return 6, self._call(ahead[:6], ahead[0], "")
        elif token.kind == "ident" and (subject := _BY_ROOT.get(token.text.split(".", 1)[0])):
            return 3, self._comparison(subject, ahead[:3])
        return 1, []

    def _comparison(self, subject: Subject, ahead: Sequence[Token]) -> list[Node]:
        if len(ahead) < 3:  # noqa: PLR2004 - the subject, the operator and the value
            missing = "a value" if len(ahead) > 1 else "an operator"
            raise TriggerError(f"`{joined(ahead[0].text)}` needs {missing}", self._end(ahead))
        place, sign, value = ahead
        name = joined(_below(place.text, NAMED[subject])) if subject in NAMED else None
        self._note(place, value)
        return [_comparison(subject, name, joined(sign.text), value)]

    def _call(self, ahead: Sequence[Token], first: Token, negation: str) -> list[Node]:
        """Read a call: what stands for its parentheses and its comma is not even looked at."""
        for which, at in (("1st", 2), ("2nd", 4)):
            if len(ahead) <= at:
                problem = f"{ahead[0].text}() is missing a {which} argument"
                raise TriggerError(problem, self._end(ahead))
        place, value = ahead[2], ahead[4]
        subject = _subject_of_call(place.text)
        if subject is None:
            return []
        self._note(first, ahead[-1])
        operator, text = _operator_of_call(ahead[0].text, value)
        name = joined(_below(place.text, NAMED[subject])) if subject in NAMED else None
        return [Condition(subject, negation + operator, text, name)]

    def _note(self, first: Token, last: Token) -> None:
        self.spans.append(Span(self._places(first.start), self._places(last.end)))

    def _end(self, ahead: Sequence[Token]) -> int:
        return self._places(ahead[-1].end)


def _places(in_units: str) -> Callable[[int], int]:
    """Tell which character of the text a unit belongs to."""
    if in_units.isascii() or not any(_opens_pair(unit) for unit in in_units):
        return lambda at: at
    before = list(accumulate((not _opens_pair(unit) for unit in in_units), initial=0))
    return before.__getitem__


def _opens_pair(unit: str) -> bool:
    return "\ud800" <= unit <= "\udbff"


def _subject_of_call(place: str) -> Subject | None:
    if place in ("event", "name", "userId"):
        return cast("Subject", place)
    return next((subject for subject, root in NAMED.items() if place.startswith(root)), None)


def _below(place: str, root: str) -> str:
    return place.removeprefix(f"{root}.")


def _operator_of_call(function: str, value: Token) -> tuple[str, str]:
    """Globs were never run: only a star at the end counts, and else the first character goes."""
    text = text_of(_value(value))
    if function == "contains":
        return "contains", text
    if value.text.endswith('*"'):
        return "starts_with", text[:-1]
    in_units = units(text)
    return "ends_with", joined(in_units[1:])


_BOOLEANS = {"true": True, "false": False}
_EXISTENCE = {"=": "not_exists", "!=": "exists"}
_NUMBERS = {"=": "number_equals", "!=": "number_not_equals"}


def _value(token: Token) -> Value:
    """What a token stands for: single quotes stay part of a text."""
    if token.kind == "string":
        return joined(token.text.removeprefix('"').removesuffix('"'))
    if token.kind == "number":
        return shortest(number(token.text))
    if token.kind == "ident" and token.text in _BOOLEANS:
        return _BOOLEANS[token.text]
    return joined(token.text)


def _comparison(subject: Subject, name: str | None, operator: str, token: Token) -> Condition:
    is_named, value = subject in NAMED, _value(token)
    if token.text == "null" and operator in _EXISTENCE and subject not in ("event-type", "event"):
        return Condition(subject, _EXISTENCE[operator], None, name)
    if isinstance(value, bool) and operator == "=" and (is_named or subject == "userId"):
        return Condition(subject, "is_true" if value else "is_false", None, name)
    if not is_named:
        return Condition(subject, operator, text_of(value))
    if token.kind == "number":
        operator = _NUMBERS.get(operator, operator)
    return Condition(subject, operator, value, name)
