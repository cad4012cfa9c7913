"""The language as it is documented: read with places for errors, checked, and never guessed at.

What it means is in `clauses`, what its functions give in `functions`.
"""

from headgate.trigger.program import Program
from headgate.trigger.strict import clauses, pages
from headgate.trigger.strict.parser import parse
from headgate.trigger.strict.printer import write
from headgate.trigger.strict.syntax import Condition, Constant, Not, Or, Truth

__all__ = ["Condition", "opposite", "pages", "parse", "program", "write"]


def program(text: str) -> tuple[Program, dict[str, object]]:
    """Give the program of a text, and the names it uses. Raises `TriggerError`."""
    return clauses.program(parse(text))


def opposite(text: str) -> tuple[Program, dict[str, object]]:
    """Give the program that holds where that of the text surely fails; null counts as false."""
    return clauses.program(Not(Or((parse(text), Truth(Constant(value=False))))))
