"""The language as Segment runs it: its lexer, parser and tests of values, quirks included."""

from headgate.trigger.compatible import clauses
from headgate.trigger.compatible.clauses import NAMES, NO_OBJECT
from headgate.trigger.compatible.parser import parse
from headgate.trigger.program import Program

__all__ = ["NAMES", "NO_OBJECT", "parse", "program"]


def program(text: str) -> Program:
    """Give the program of a text. Raises `TriggerError`."""
    return clauses.program(parse(text))
