"""What happens to an event, decided by pure functions of (event, snapshot, code version)."""

from __future__ import annotations

from headgate.route.connection import Decision, Router
from headgate.route.source import NO_RULES, SourceRules

CODE_VERSION = "3"
"""Changes whenever the same event and snapshot could be decided differently than before."""

__all__ = ["CODE_VERSION", "NO_RULES", "Decision", "Router", "SourceRules"]
