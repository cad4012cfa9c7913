"""Numbers, strings and JSON as JavaScript writes them.

Signatures are made over these bytes and users' templates show these texts, so both must come out
as they do at Segment. One difference is meant: JavaScript rounds integers beyond 2**53 to a
double, here they are written exactly, as fidelity to the event matters more than rounding.
"""

from headgate.mapping.javascript.encoding import stringify
from headgate.mapping.javascript.objects import entries, indexes_first, length, units
from headgate.mapping.javascript.texts import WHITE_SPACE, number, string, truthy

__all__ = [
    "WHITE_SPACE",
    "entries",
    "indexes_first",
    "length",
    "number",
    "string",
    "stringify",
    "truthy",
    "units",
]
