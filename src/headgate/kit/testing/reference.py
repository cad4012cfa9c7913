"""The rules as the reference page lists them."""

from __future__ import annotations

from headgate.kit.testing.rule import LEVELS
from headgate.kit.testing.rules import RULES


def table() -> str:
    """A table of Markdown: the rules by level."""
    lines = ["| level | rule | promise |", "|---|---|---|"]
    for level in LEVELS:
        own = [rule for rule in RULES if rule.level == level]
        lines += [f"| {level} | `{rule.name}` | {rule.promise} |" for rule in own]
    return "\n".join(lines)
