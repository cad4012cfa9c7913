"""The rules as the reference page lists them."""

from __future__ import annotations

from headgate import markdown
from headgate.kit.testing.rule import LEVELS
from headgate.kit.testing.rules import RULES


def table() -> str:
    """A table of Markdown: the rules by level."""
    by_level = ((level, rule) for level in LEVELS for rule in RULES if rule.level == level)
    rows = ((level, f"`{rule.name}`", rule.promise) for level, rule in by_level)
    return "\n".join(markdown.table(("level", "rule", "promise"), rows))
