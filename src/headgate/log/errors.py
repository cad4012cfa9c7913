"""What can go wrong with the log, named by what the caller does next.

* LogError
  * Unavailable    nothing was kept: answer 503 and let the client try again
  * Fenced         another appender owns the partition: stop appending
  * Trimmed        the position is below the floor: start at the floor, and say so
  * Damaged        bytes do not match their checksum: quarantine and go on
  * BeyondHead     a cursor is above the head: the log is older than the ledger
  * Unsupported    this log cannot do that
"""

from __future__ import annotations


class LogError(Exception):
    """Base of every error of the log."""


class Unavailable(LogError):
    """The log cannot take events now; nothing of the batch was kept."""

    def __init__(self, reason: str, *, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Fenced(LogError):
    """Another appender owns this partition."""


class Trimmed(LogError):
    """The position asked for is no longer kept."""

    def __init__(self, floor: int) -> None:
        super().__init__(f"the log is kept from position {floor}: read from there")
        self.floor = floor


class Damaged(LogError):
    """Bytes that do not match their checksum."""


class BeyondHead(LogError):
    """A cursor points beyond the end of the log."""


class Unsupported(LogError):
    """This log cannot do what was asked."""
