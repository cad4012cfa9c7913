"""What each field of an action takes from an event: expressions, directives, compiled mappings.

Everything here is pure. A mapping is JSON of plain values and directives (`{"@path": "$.userId"}`);
`compile` turns it into a function that runs for every event.
"""

from headgate.mapping.access import is_whole_event
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


def compile(mapping: Json, mode: Mode = "strict") -> Mapper:  # noqa: A001 - as in `re.compile`
    """Compile a stored mapping.

    The mapper takes an event and gives the value of each field; undefined fields are left out.
    What it gives may share objects with the event and with the mapping: read it, never change it.
    Raises `MappingError` with every fault of the mapping; the mapper raises it where an event
    leads a directive astray, or makes its result too large.
    """
    from headgate.mapping import compiler  # who only declares mappings needs none of it

    return compiler.compile(mapping, mode)


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
