"""The names of logs and metrics, and how log lines are written."""

from __future__ import annotations

import sys

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
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
