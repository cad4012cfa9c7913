"""Directives as the author of a destination writes them in Python.

`stored` gives the JSON of an expression and `read` the expression of the JSON, without loss either
way; the `repr` of an expression is the Python that makes it.
"""

from headgate.mapping.expressions.expression import (
    Expression,
    Mapped,
    directive,
    liquid,
    literal,
    path,
    stored,
    template,
    without_nulls,
)
from headgate.mapping.expressions.functions import (
    each,
    flatten,
    from_json,
    lower,
    merge,
    replace,
    to_json,
    transform,
    upper,
    when,
    when_filled,
)
from headgate.mapping.expressions.read import read

__all__ = [
    "Expression",
    "Mapped",
    "directive",
    "each",
    "flatten",
    "from_json",
    "liquid",
    "literal",
    "lower",
    "merge",
    "path",
    "read",
    "replace",
    "stored",
    "template",
    "to_json",
    "transform",
    "upper",
    "when",
    "when_filled",
    "without_nulls",
]
