"""The names of logs and metrics, and how log lines are written."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, TextIO, cast

import structlog


def configure_logs() -> None:
    """Write logs to standard error: one JSON object a line, plain words for a terminal.

    An event name is dotted and does not change; fields carry ids and numbers, never secrets.
    """
    for_person = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if for_person else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Unfailing(sys.stderr))),
        cache_logger_on_first_use=False,
    )


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


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
