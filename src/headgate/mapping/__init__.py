"""What each field of an action takes from an event: expressions, directives, compiled mappings.

Everything here is pure. A mapping is JSON of plain values and directives (`{"@path": "$.userId"}`);
`compile` turns it into a function that runs for every event.
"""

from headgate.mapping.compile import compile, is_whole_event  # noqa: A004 - as in `re.compile`
from headgate.mapping.errors import MappingError
from headgate.mapping.expressions import (
    Expression,
    Mapped,
    directive,
    each,
    flatten,
    from_json,
    liquid,
    literal,
    lower,
    merge,
    path,
    read,
    replace,
    stored,
    template,
    to_json,
    transform,
    upper,
    when,
    when_filled,
    without_nulls,
)
from headgate.mapping.values import UNDEFINED, Json, Mapper, Mode

__all__ = [
    "UNDEFINED",
    "Expression",
    "Json",
    "Mapped",
    "Mapper",
    "MappingError",
    "Mode",
    "compile",
    "directive",
    "each",
    "flatten",
    "from_json",
    "is_whole_event",
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
