"""What happens to an event, decided by pure functions of (event, snapshot, code version)."""

from __future__ import annotations

from headgate.route.connection import Decision, Router

CODE_VERSION = "2"
"""Changes whenever the same event and snapshot could be decided differently than before."""

__all__ = ["CODE_VERSION", "Decision", "Router"]
