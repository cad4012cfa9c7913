"""Whether a subscription wants an event: FQL, parsed with places for errors, and compiled.

Everything here is pure. The text goes through `lexer` and `parser` to a tree of `syntax`, and
`compile` turns that into closures.
"""

from headgate.trigger.compile import Mode, Trigger, compile  # noqa: A004 - as in `re.compile`
from headgate.trigger.errors import TriggerError

__all__ = ["Mode", "Trigger", "TriggerError", "compile"]
