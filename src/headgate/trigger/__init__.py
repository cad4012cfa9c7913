"""Whether a subscription wants an event: FQL, strict or as Segment runs it.

Everything here is pure. `strict` and `compatible` read the text of a trigger, and both make a
`program` of it, which `compile` turns into a function and `explanation` into sentences.
`structure` is the form that a trigger has where it is put together without writing.
"""

from headgate.trigger.compile import (
    Mode,
    Trigger,
    compile,  # noqa: A004 - as in `re.compile`
    opposite,
)
from headgate.trigger.errors import TriggerError
from headgate.trigger.explanation import Explanation
from headgate.trigger.importing import differences
from headgate.trigger.paged import Paged, for_pages

__all__ = [
    "Explanation",
    "Mode",
    "Paged",
    "Trigger",
    "TriggerError",
    "compile",
    "differences",
    "for_pages",
    "opposite",
]
