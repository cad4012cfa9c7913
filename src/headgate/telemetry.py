"""The names of logs and metrics, and how log lines are written."""

from __future__ import annotations

import contextlib
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    import structlog

_configured = False


def configure_logs() -> None:
    """Write logs to standard error: one JSON object a line, plain words for a terminal.

    An event name is dotted and does not change; fields carry ids and numbers, never secrets.
    """
    global _configured  # noqa: PLW0603 - there is one standard error
    _configured = True
    _logger.cache_clear()


@cache
def _logger() -> Any:
    """Loaded with the first line: the library costs a process that says nothing much to start."""
    import structlog

    if _configured:
        for_person = sys.stderr.isatty()
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.dev.ConsoleRenderer()
                if for_person
                else structlog.processors.JSONRenderer(),
            ],
            logger_factory=structlog.WriteLoggerFactory(
                file=cast("TextIO", _Unfailing(sys.stderr))
            ),
            cache_logger_on_first_use=False,
        )
    return structlog.get_logger()


class _Unfailing:
    """A stream that loses what cannot be written: a full disk must not end what is logged."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Log:
    def __getattr__(self, name: str) -> Any:
        return getattr(_logger(), name)


log: structlog.typing.FilteringBoundLogger = cast("Any", _Log())
